import assert from 'node:assert/strict';
import type { OAuthConsentKey, OAuthConsentSelection, OAuthConsentStore } from '@portcullis/auth';
import { consentOf, ISSUER, NOW } from './oauth-samples.js';
import { atOnce, fiftyAtATime, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const ADA = { issuer: ISSUER, subject: 'ada' };
const ELSEWHERE = 'https://other.example';

const keyOf = (clientId: string, key: Partial<OAuthConsentKey> = {}) => ({ ...ADA, clientId, ...key });

/** Withdraws, call by call, until none is left. */
async function withdrawAll(store: OAuthConsentStore, which: OAuthConsentSelection): Promise<string[]> {
  const withdrawn: OAuthConsentKey[] = [];
  for (let calls = 0; calls < 100; calls++) {
    const some = await store.withdraw(which);
    if (some.length === 0) break;
    withdrawn.push(...some);
  }
  return withdrawn.map(({ subject, clientId }) => `${subject} ${clientId}`).toSorted();
}

/** What every {@link OAuthConsentStore} promises. */
export const oauthConsentStoreContract: StoreContract<OAuthConsentStore> = [
  {
    name: 'keeps consents as they are, each under issuer, user and client',
    async verify(store) {
      const consents = [
        consentOf('shop'),
        consentOf('cli', { scopes: {}, expiresAt: NOW + 5, createdAt: NOW - 1, updatedAt: NOW + 1 }),
        consentOf('shop', { subject: 'bob', scopes: { 'https://api.example': [] } }),
        consentOf('shop', { issuer: ELSEWHERE, expiresAt: NOW }),
      ];
      for (const consent of consents) await store.keep(consent);
      for (const consent of consents) assert.deepEqual(await store.find(consent), consent);
      assert.equal(await store.find(keyOf('tv')), undefined);
      assert.equal(await store.find({ issuer: '', subject: '', clientId: '' }), undefined);
    },
  },
  {
    name: 'replaces all but when it was made',
    async verify(store) {
      await store.keep(consentOf('shop'));
      const later = consentOf('shop', {
        ...{
          scopes: { '': ['openid', 'email'] },
          createdAt: NOW + 9,
          updatedAt: NOW + 9,
          expiresAt: NOW + 99,
        },
      });
      await store.keep(later);
      assert.deepEqual(await store.find(later), { ...later, createdAt: NOW });
      await store.keep(consentOf('shop'));
      await store.forgetExpiredBefore(NOW + 99);
      assert.deepEqual(await store.find(later), consentOf('shop'));
      assert.equal((await store.list({ ...ADA, limit: 10 })).length, 1);
    },
  },
  {
    name: 'keeps odd texts apart and as they are',
    async verify(store) {
      const withText = (text: string) =>
        consentOf(text, {
          issuer: text,
          subject: text,
          scopes: { ['__proto__']: [text], [`x${text}`]: [text] },
        });
      for (const text of ODD_TEXTS) await store.keep(withText(text));
      for (const text of ODD_TEXTS) assert.deepEqual(await store.find(withText(text)), withText(text));
      for (const text of ODD_TEXTS) {
        assert.deepEqual(await store.list({ issuer: text, subject: text, limit: 2 }), [withText(text)]);
        assert.deepEqual(await withdrawAll(store, { issuer: text, clientId: text }), [`${text} ${text}`]);
      }
    },
  },
  {
    name: 'hands out what nobody can change it by',
    async verify(store) {
      const given = consentOf('shop');
      await store.keep(given);
      vandalise(given);
      vandalise(await store.find(keyOf('shop')));
      vandalise(await store.list({ ...ADA, limit: 1 }));
      assert.deepEqual(await store.find(keyOf('shop')), consentOf('shop'));
    },
  },
  {
    name: 'keeps one of many that come at the same time',
    async verify(store) {
      await atOnce(20, (index) => store.keep(consentOf('shop', { scopes: { '': [`s${index}`] } })));
      const found = await store.list({ ...ADA, limit: 100 });
      assert.equal(found.length, 1);
      assert.match(String(found[0]?.scopes['']), /^s\d+$/);
    },
  },
  {
    name: 'lists those of a user by rising ids of clients, page by page',
    async verify(store) {
      for (const id of ['c', 'a', 'b', 'd']) await store.keep(consentOf(id));
      await store.keep(consentOf('b', { subject: 'bob' }));
      await store.keep(consentOf('b', { issuer: ELSEWHERE }));
      const page = async (after: string | undefined, limit: number) =>
        (await store.list({ ...ADA, ...(after !== undefined && { after }), limit })).map(
          ({ clientId }) => clientId,
        );
      assert.deepEqual(await page(undefined, 10), ['a', 'b', 'c', 'd']);
      assert.deepEqual(await page(undefined, 2), ['a', 'b']);
      assert.deepEqual(await page('b', 2), ['c', 'd']);
      assert.deepEqual(await page('bb', 1), ['c']);
      assert.deepEqual(await page('d', 2), []);
      assert.deepEqual((await store.list({ ...ADA, limit: 1 }))[0], consentOf('a'));
    },
  },
  {
    name: 'withdraws one, all of a user, or all to a client, and says which',
    async verify(store) {
      for (const id of ['shop', 'cli', 'tv']) await store.keep(consentOf(id));
      for (const id of ['shop', 'tv']) await store.keep(consentOf(id, { subject: 'bob' }));
      await store.keep(consentOf('shop', { issuer: ELSEWHERE }));
      assert.deepEqual(await store.withdraw(keyOf('shop')), [keyOf('shop')]);
      assert.deepEqual(await store.withdraw(keyOf('shop')), []);
      assert.equal(await store.find(keyOf('shop')), undefined);
      assert.deepEqual(await withdrawAll(store, { issuer: ISSUER, clientId: 'tv' }), ['ada tv', 'bob tv']);
      assert.deepEqual(await withdrawAll(store, ADA), ['ada cli']);
      for (const key of [keyOf('shop', { subject: 'bob' }), keyOf('shop', { issuer: ELSEWHERE })])
        assert.equal((await store.find(key))?.clientId, 'shop');
    },
  },
  {
    name: 'withdraws nothing where a part of the selection is missing',
    async verify(store) {
      await store.keep(consentOf('shop'));
      const missing = [
        { issuer: ISSUER, subject: undefined },
        { issuer: ISSUER, clientId: undefined },
        { issuer: ISSUER, subject: undefined, clientId: 'shop' },
        { issuer: ISSUER, subject: 'ada', clientId: undefined },
        { issuer: undefined, subject: 'ada' },
      ] as unknown as OAuthConsentSelection[];
      for (const which of missing) assert.deepEqual(await store.withdraw(which).catch(() => []), []);
      assert.deepEqual(await store.find(keyOf('shop')), consentOf('shop'));
    },
  },
  {
    name: 'withdraws very many, each in one call only',
    async verify(store) {
      const ids = Array.from({ length: 1_100 }, (_, index) => `u${index}`);
      await fiftyAtATime(ids, (id) => store.keep(consentOf('shop', { subject: id })));
      const both = (await atOnce(2, () => withdrawAll(store, { issuer: ISSUER, clientId: 'shop' }))).flat();
      assert.deepEqual(both.toSorted(), ids.map((id) => `${id} shop`).toSorted());
    },
  },
  {
    name: 'forgets those that are over at a time, and no other',
    async verify(store) {
      await store.keep(consentOf('over', { expiresAt: NOW }));
      await store.keep(consentOf('long over', { expiresAt: NOW - 1 }));
      await store.keep(consentOf('going on', { expiresAt: NOW + 1 }));
      await store.keep(consentOf('for good'));
      await store.forgetExpiredBefore(NOW);
      const left = (await store.list({ ...ADA, limit: 10 })).map(({ clientId }) => clientId);
      assert.deepEqual(left, ['for good', 'going on']);
      assert.equal(await store.find(keyOf('over')), undefined);
    },
  },
];
