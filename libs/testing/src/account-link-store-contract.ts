import assert from 'node:assert/strict';
import type { AccountLinkRecord, AccountLinkStore } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const NOW = Date.UTC(2020, 0, 1);
const ISSUER = 'https://issuer.example';
const ADA = { issuer: ISSUER, subject: 'ada' };
const UP = 'https://up.example';

/** That ada is somebody there. */
function linkOf(provider: string, details: Partial<AccountLinkRecord> = {}): AccountLinkRecord {
  return {
    ...ADA,
    provider,
    upstream: { iss: `${UP}/${provider}`, sub: 'a' },
    name: 'ada@up.example',
    createdAt: NOW,
    lastUsedAt: null,
    ...details,
  };
}

async function keep(store: AccountLinkStore, ...links: readonly AccountLinkRecord[]): Promise<void> {
  for (const link of links) assert.equal(await store.insert(link), true);
}

async function providersOf(store: AccountLinkStore, subject = 'ada'): Promise<string[]> {
  return (await store.list({ ...ADA, subject })).map(({ provider }) => provider);
}

/** What every {@link AccountLinkStore} promises. */
export const accountLinkStoreContract: StoreContract<AccountLinkStore> = [
  {
    name: 'keeps links as they were inserted, and finds them by whom they are about',
    async verify(store) {
      const links = [linkOf('idp'), linkOf('hub', { name: null, lastUsedAt: NOW + 5, createdAt: NOW + 1 })];
      await keep(store, ...links);
      for (const link of links) assert.deepEqual(await store.find(ISSUER, link.upstream), link);
      assert.deepEqual(await store.list(ADA), links);
      for (const upstream of [
        { iss: `${UP}/idp`, sub: 'b' },
        { iss: `${UP}/idp/`, sub: 'a' },
        { iss: '', sub: '' },
      ])
        assert.equal(await store.find(ISSUER, upstream), undefined);
      assert.equal(await store.find('https://other.example', links[0]?.upstream as never), undefined);
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      const withText = (text: string) =>
        linkOf(text, { issuer: text, subject: text, upstream: { iss: text, sub: text }, name: text });
      await keep(store, ...ODD_TEXTS.map(withText));
      for (const text of ODD_TEXTS) {
        assert.deepEqual(await store.find(text, { iss: text, sub: text }), withText(text));
        assert.deepEqual(await store.list({ issuer: text, subject: text }), [withText(text)]);
      }
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = linkOf('idp');
      await store.insert(given);
      vandalise(given);
      vandalise(await store.find(ISSUER, linkOf('idp').upstream));
      vandalise(await store.list(ADA));
      assert.deepEqual(await store.list(ADA), [linkOf('idp')]);
    },
  },
  {
    name: 'links somebody elsewhere to one account of an app, and an account to one of each provider',
    async verify(store) {
      await keep(store, linkOf('idp'));
      assert.equal(await store.insert(linkOf('idp')), false);
      assert.equal(await store.insert(linkOf('idp', { subject: 'bob' })), false);
      assert.equal(await store.insert(linkOf('hub', { upstream: linkOf('idp').upstream })), false);
      assert.equal(await store.insert(linkOf('idp', { upstream: { iss: `${UP}/idp`, sub: 'b' } })), false);
      assert.deepEqual(await store.list(ADA), [linkOf('idp')]);
      assert.deepEqual(await providersOf(store, 'bob'), []);
      await keep(
        store,
        linkOf('idp', { subject: 'bob', upstream: { iss: `${UP}/idp`, sub: 'b' } }),
        linkOf('idp', { issuer: 'https://other.example' }),
        linkOf('hub'),
      );
    },
  },
  {
    name: 'lets exactly one of many link somebody at the same time',
    async verify(store) {
      const kept = await atOnce(50, (index) => store.insert(linkOf('idp', { subject: `user ${index}` })));
      assert.equal(kept.filter(Boolean).length, 1);
      const found = await store.find(ISSUER, linkOf('idp').upstream);
      assert.equal(found?.subject, `user ${kept.indexOf(true)}`);
    },
  },
  {
    name: 'lets exactly one of many link an account at the same time',
    async verify(store) {
      const kept = await atOnce(50, (index) =>
        store.insert(linkOf('idp', { upstream: { iss: `${UP}/idp`, sub: `${index}` } })),
      );
      assert.equal(kept.filter(Boolean).length, 1);
      assert.equal((await store.list(ADA))[0]?.upstream.sub, `${kept.indexOf(true)}`);
    },
  },
  {
    name: 'lists those of one account, oldest first, then by name',
    async verify(store) {
      const of = (provider: string, createdAt: number) => linkOf(provider, { createdAt });
      await keep(store, of('c', NOW), of('b', NOW + 1), of('a', NOW + 1), of('d', NOW - 1));
      await keep(store, linkOf('x', { subject: 'bob' }), linkOf('y', { issuer: 'https://other.example' }));
      assert.deepEqual(await providersOf(store), ['d', 'c', 'a', 'b']);
    },
  },
  {
    name: 'notes the latest use, of this link alone',
    async verify(store) {
      await keep(store, linkOf('idp'), linkOf('hub'), linkOf('eve', { subject: 'bob' }));
      for (const at of [NOW + 5, NOW + 3]) await store.noteUse(ADA, 'idp', at);
      await store.noteUse(ADA, 'nobody', NOW);
      await store.noteUse(ADA, 'eve', NOW);
      const used = linkOf('idp', { lastUsedAt: NOW + 5 });
      assert.deepEqual(await store.list(ADA), [linkOf('hub'), used]);
      assert.deepEqual(await store.find(ISSUER, used.upstream), used);
      assert.equal((await store.find(ISSUER, linkOf('eve').upstream))?.lastUsedAt, null);
    },
  },
  {
    name: 'removes a link once, and says which',
    async verify(store) {
      await keep(store, linkOf('idp'), linkOf('hub'), linkOf('eve', { subject: 'bob' }));
      assert.equal(await store.remove(ADA, 'eve', []), undefined);
      assert.deepEqual(await store.remove(ADA, 'idp', []), linkOf('idp'));
      assert.equal(await store.remove(ADA, 'idp', []), undefined);
      assert.equal(await store.find(ISSUER, linkOf('idp').upstream), undefined);
      assert.deepEqual(await providersOf(store), ['hub']);
      await keep(store, linkOf('idp', { subject: 'carol' }));
    },
  },
  {
    name: 'keeps the last one of the providers of which the account has to keep one',
    async verify(store) {
      await keep(store, linkOf('idp'), linkOf('hub'), linkOf('gone'));
      await keep(
        store,
        linkOf('eve', { subject: 'bob' }),
        linkOf('eve', { issuer: 'https://other.example' }),
      );
      const known = ['idp', 'hub', 'eve'];
      assert.deepEqual(await store.remove(ADA, 'hub', known), linkOf('hub'));
      assert.equal(await store.remove(ADA, 'idp', known), undefined);
      assert.deepEqual(await store.remove(ADA, 'gone', known), linkOf('gone'));
      assert.deepEqual(await providersOf(store), ['idp']);
      assert.deepEqual(await store.remove(ADA, 'idp', ['hub']), linkOf('idp'));
    },
  },
  {
    name: 'keeps one where all are removed at the same time',
    async verify(store) {
      const known = ['a', 'b', 'c'];
      for (let round = 0; round < 10; round++) {
        const subject = `user ${round}`;
        const upstreamOf = (provider: string) => ({ iss: `${UP}/${provider}`, sub: subject });
        await keep(store, ...known.map((name) => linkOf(name, { subject, upstream: upstreamOf(name) })));
        const removed = await atOnce(3, (index) =>
          store.remove({ ...ADA, subject }, known[index] as string, known),
        );
        assert.equal(removed.filter((link) => link !== undefined).length, 2);
        assert.deepEqual(await providersOf(store, subject), [known[removed.indexOf(undefined)]]);
      }
    },
  },
];
