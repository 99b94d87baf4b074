import assert from 'node:assert/strict';
import { API_KEY_STATES, type ApiKeyQuery, type ApiKeyState, type ApiKeyStore } from '@portcullis/auth';
import {
  appKey,
  CREATED,
  FULL_DETAILS,
  ISSUER,
  idsOf,
  insertAll,
  listAll,
  listedIds,
  NOW,
  userKey,
} from './api-key-samples.js';
import { ODD_TEXTS, type StoreContract } from './store-contract.js';

type Filter = Pick<ApiKeyQuery, 'appId' | 'issuer' | 'subject' | 'owner' | 'tenant'>;

const OTHER_ISSUER = 'https://other.example';

/** Each holder has keys of two owners and tenants, or of none. */
const HELD = [
  appKey('a1', { appId: 'depot', owner: 'ops', tenant: 'bern' }),
  appKey('a2', { appId: 'depot', owner: 'dev', tenant: 'basel' }),
  appKey('a3', { appId: 'ann' }),
  userKey('u1', { subject: 'ann', owner: 'ops', tenant: 'bern' }),
  userKey('u2', { subject: 'ann', issuer: OTHER_ISSUER, owner: 'dev', tenant: 'bern' }),
  userKey('u3', { subject: 'depot' }),
];

/** Each key with the state that it is in now. */
const IN_STATES: readonly [ApiKeyState, ReturnType<typeof appKey>][] = [
  ['active', appKey('plain')],
  ['active', appKey('from now', { notBefore: NOW })],
  ['active', appKey('made in the future', { createdAt: NOW + 1, notBefore: NOW + 1 })],
  ['active', appKey('until later', { expiresAt: NOW + 1 })],
  ['active', appKey('replaced', { replacedBy: 'k9', expiresAt: NOW + 1 })],
  ['pending', appKey('from later', { notBefore: NOW + 1 })],
  ['disabled', appKey('disabled', { disabledAt: NOW - 1 })],
  ['disabled', appKey('disabled later', { disabledAt: NOW + 1 })],
  ['disabled', appKey('disabled pending', { disabledAt: NOW, notBefore: NOW + 1 })],
  ['expired', appKey('until now', { expiresAt: NOW })],
  ['expired', appKey('until before', { expiresAt: NOW - 1 })],
  ['expired', appKey('expired disabled', { expiresAt: NOW, disabledAt: NOW })],
  ['expired', appKey('expired pending', { expiresAt: NOW, notBefore: NOW + 1 })],
  ['revoked', appKey('revoked', { revokedAt: NOW - 1 })],
  ['revoked', appKey('revoked later', { revokedAt: NOW + 1 })],
  ['revoked', appKey('revoked in all', { ...FULL_DETAILS, revokedAt: NOW, expiresAt: NOW })],
];

/** Page after page, until one is empty. */
async function pagesOf(store: ApiKeyStore, query: Partial<ApiKeyQuery>, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let page = await store.list({ ...query, limit });
  while (page.length > 0 && pages.length < 100) {
    pages.push(idsOf(page));
    const last = page.at(-1);
    page = await store.list({ ...query, limit, ...(last && { after: last }) });
  }
  return pages;
}

/** How keys are listed. */
export const apiKeyListingContract: StoreContract<ApiKeyStore> = [
  {
    name: 'lists every key as it was inserted, whatever its state',
    async verify(store) {
      const keys = IN_STATES.map(([, key], index) => ({ ...key, createdAt: CREATED - index }));
      await insertAll(store, [...keys, userKey('of a user', { createdAt: 0 })]);
      assert.deepEqual(await listAll(store), [...keys, userKey('of a user', { createdAt: 0 })]);
    },
  },
  {
    name: 'lists the newest first, in whatever order they were inserted',
    async verify(store) {
      for (const age of [2, 10, 4, 1, 3]) await store.insert(appKey(`k${age}`, { createdAt: CREATED - age }));
      assert.deepEqual(await listedIds(store), ['k1', 'k2', 'k3', 'k4', 'k10']);
    },
  },
  {
    name: 'lists keys of the same time by their ids, greatest first, compared by code units',
    async verify(store) {
      const ids = ['é', 'z', 'ka', 'k9', 'k10', 'k1', 'k', 'a', '_', 'Z', 'K', '9', '10', '-', ''];
      for (const index of ids.keys()) await store.insert(appKey(ids[(index * 7) % ids.length] as string));
      assert.deepEqual(await listedIds(store), ids);
    },
  },
  {
    name: 'lists the keys of an app, an issuer, a subject, an owner or a tenant',
    async verify(store) {
      await insertAll(store, HELD);
      assert.deepEqual(await listedIds(store, { appId: 'depot' }), ['a2', 'a1']);
      assert.deepEqual(await listedIds(store, { appId: 'ann' }), ['a3']);
      assert.deepEqual(await listedIds(store, { issuer: ISSUER }), ['u3', 'u1']);
      assert.deepEqual(await listedIds(store, { subject: 'ann' }), ['u2', 'u1']);
      assert.deepEqual(await listedIds(store, { subject: 'depot' }), ['u3']);
      assert.deepEqual(await listedIds(store, { owner: 'ops' }), ['u1', 'a1']);
      assert.deepEqual(await listedIds(store, { tenant: 'bern' }), ['u2', 'u1', 'a1']);
    },
  },
  {
    name: 'lists only what matches everything given',
    async verify(store) {
      await insertAll(store, HELD);
      assert.deepEqual(await listedIds(store, { issuer: ISSUER, subject: 'ann' }), ['u1']);
      assert.deepEqual(await listedIds(store, { issuer: OTHER_ISSUER, subject: 'depot' }), []);
      assert.deepEqual(await listedIds(store, { appId: 'depot', owner: 'dev' }), ['a2']);
      assert.deepEqual(await listedIds(store, { appId: 'depot', tenant: 'bern', owner: 'dev' }), []);
      assert.deepEqual(await listedIds(store, { tenant: 'bern', owner: 'ops' }), ['u1', 'a1']);
      assert.deepEqual(await listedIds(store, { appId: 'ann', subject: 'ann' }), []);
      const state = { is: 'active', at: NOW } as const;
      assert.deepEqual(await listedIds(store, { subject: 'ann', tenant: 'bern', state }), ['u2', 'u1']);
      assert.deepEqual(await listedIds(store, { tenant: 'bern', state: { is: 'revoked', at: NOW } }), []);
    },
  },
  {
    name: 'takes what is undefined for not given, and an empty text for given',
    async verify(store) {
      await insertAll(store, HELD);
      const nothing = { appId: undefined, issuer: undefined, subject: undefined, owner: undefined };
      const given = { ...nothing, tenant: 'bern', state: undefined, after: undefined } as unknown as Filter;
      assert.deepEqual(await listedIds(store, given), ['u2', 'u1', 'a1']);
      for (const name of ['appId', 'issuer', 'subject', 'owner', 'tenant'])
        assert.deepEqual(await listedIds(store, { [name]: '' }), []);
      await store.insert(appKey('none', { owner: '' }));
      assert.deepEqual(await listedIds(store, { owner: '' }), ['none']);
    },
  },
  {
    name: 'compares what is wanted to the letter, however odd: no part of it, no other case, no pattern',
    async verify(store) {
      const details = (text: string) => ({ owner: text, tenant: text });
      await insertAll(store, [
        ...ODD_TEXTS.map((text, index) => appKey(`a${index}`, { appId: text, ...details(text) })),
        ...ODD_TEXTS.map((text, index) => userKey(`u${index}`, { issuer: text, subject: text })),
      ]);
      for (const [index, text] of ODD_TEXTS.entries()) {
        for (const name of ['appId', 'owner', 'tenant'])
          assert.deepEqual(await listedIds(store, { [name]: text }), [`a${index}`], text);
        for (const name of ['issuer', 'subject'])
          assert.deepEqual(await listedIds(store, { [name]: text }), [`u${index}`], text);
      }
      for (const text of ['plai', 'lain', '%', '_____', 'PLAIn'])
        for (const name of ['appId', 'issuer', 'subject', 'owner', 'tenant'])
          assert.deepEqual(await listedIds(store, { [name]: text }), [], text);
    },
  },
  {
    name: 'lists each state at the given time: revoked before expired, disabled, pending and active',
    async verify(store) {
      await insertAll(
        store,
        IN_STATES.map(([, key]) => key),
      );
      for (const is of API_KEY_STATES) {
        const wanted = IN_STATES.filter(([state]) => state === is).map(([, { id }]) => id);
        assert.deepEqual((await listedIds(store, { state: { is, at: NOW } })).toSorted(), wanted.toSorted());
      }
    },
  },
  {
    name: 'has a key pending before its beginning, active from it on, and expired from its end on',
    async verify(store) {
      await store.insert(appKey('k1', { notBefore: NOW, expiresAt: NOW + 10 }));
      const times = [NOW - 1, NOW, NOW + 9, NOW + 10, NOW + 11];
      const states = ['pending', 'active', 'active', 'expired', 'expired'];
      for (const [index, at] of times.entries()) {
        for (const is of API_KEY_STATES)
          assert.deepEqual(
            await listedIds(store, { state: { is, at } }),
            is === states[index] ? ['k1'] : [],
            `${is} at ${at - NOW}`,
          );
      }
    },
  },
  {
    name: 'lists at most so many: the newest of those that match',
    async verify(store) {
      const owners = ['dev', 'dev', 'ops', 'dev', 'ops', 'ops'];
      await insertAll(
        store,
        owners.map((owner, age) => appKey(`k${age}`, { owner, createdAt: CREATED - age })),
      );
      assert.deepEqual(await listedIds(store, { limit: 1 }), ['k0']);
      assert.deepEqual(await listedIds(store, { limit: 6 }), ['k0', 'k1', 'k2', 'k3', 'k4', 'k5']);
      assert.deepEqual(await listedIds(store, { limit: 2, owner: 'ops' }), ['k2', 'k4']);
    },
  },
  {
    name: 'lists page after page: every key once, in order, though many are of the same time',
    async verify(store) {
      const keys = Array.from({ length: 25 }, (_, index) =>
        appKey(`k${String.fromCharCode(65 + ((index * 7) % 25))}`, { createdAt: CREATED + (index % 3) }),
      );
      await insertAll(store, keys);
      const ordered = await listedIds(store);
      const pages = await pagesOf(store, {}, 4);
      assert.deepEqual(
        pages.map(({ length }) => length),
        [4, 4, 4, 4, 4, 4, 1],
      );
      assert.deepEqual(pages.flat(), ordered);
      assert.deepEqual(pages.flat().toSorted(), idsOf(keys).toSorted());
    },
  },
  {
    name: 'lists page after page what matches, and nothing else',
    async verify(store) {
      const keys = Array.from({ length: 25 }, (_, index) =>
        appKey(`k${10 + index}`, {
          tenant: index % 2 === 0 ? 'bern' : 'basel',
          createdAt: CREATED + Math.floor(index / 8),
          expiresAt: index % 5 === 0 ? NOW : null,
        }),
      );
      await insertAll(store, keys);
      const wanted = keys.filter(({ tenant, expiresAt }) => tenant === 'bern' && expiresAt === null);
      const pages = await pagesOf(store, { tenant: 'bern', state: { is: 'active', at: NOW } }, 3);
      assert.deepEqual(pages.flat(), idsOf(wanted).toReversed());
    },
  },
  {
    name: 'goes on after a position whose key is not there, or does not match',
    async verify(store) {
      await insertAll(store, [
        appKey('k1', { createdAt: CREATED - 1, owner: 'ops' }),
        appKey('k2', { owner: 'ops' }),
        appKey('k4', { owner: 'dev' }),
        appKey('k0', { createdAt: CREATED + 1, owner: 'ops' }),
      ]);
      assert.deepEqual(await listedIds(store, { after: { createdAt: CREATED, id: 'k3' } }), ['k2', 'k1']);
      assert.deepEqual(await listedIds(store, { after: { createdAt: CREATED, id: '' } }), ['k1']);
      const after = { createdAt: CREATED, id: 'k4' };
      assert.deepEqual(await listedIds(store, { after, owner: 'ops' }), ['k2', 'k1']);
      assert.deepEqual(await listedIds(store, { after: { createdAt: CREATED + 2, id: '' }, limit: 1 }), [
        'k0',
      ]);
      assert.deepEqual(await listedIds(store, { after: { createdAt: 0, id: 'z' } }), []);
    },
  },
];
