import assert from 'node:assert/strict';
import type { ApiKeyRecord, ApiKeyStore } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const CREATED = Date.UTC(2030, 0, 1);
const REVOKED = CREATED + 1_000;

function keyOf(id: string, details: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id,
    appId: 'depot',
    name: 'Depot Bern',
    scopes: ['scans:write', 'parcels:*'],
    hash: `hash of ${id}`,
    createdAt: CREATED,
    expiresAt: null,
    revokedAt: null,
    ...details,
  };
}

const idsOf = (records: readonly ApiKeyRecord[]) => records.map(({ id }) => id);

/** What every {@link ApiKeyStore} promises. */
export const apiKeyStoreContract: StoreContract<ApiKeyStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.equal(await store.findById('k1'), undefined);
      assert.deepEqual(await store.list(), []);
    },
  },
  {
    name: 'finds a key as it was inserted, and no other',
    async verify(store) {
      const keys = [keyOf('k1'), keyOf('k2', { appId: 'hub', name: '', scopes: [], hash: 'h' })];
      for (const key of keys) await store.insert(key);
      for (const key of keys) assert.deepEqual(await store.findById(key.id), key);
      assert.equal(await store.findById('k3'), undefined);
    },
  },
  {
    name: 'keeps scopes in their order, and an expiry to the millisecond or null',
    async verify(store) {
      await store.insert(keyOf('k1', { scopes: ['c', 'a', 'b:*'], expiresAt: CREATED + 1 }));
      await store.insert(keyOf('k2', { expiresAt: null }));
      const found = await store.findById('k1');
      assert.deepEqual([found?.scopes, found?.expiresAt], [['c', 'a', 'b:*'], CREATED + 1]);
      assert.equal((await store.findById('k2'))?.expiresAt, null);
    },
  },
  {
    name: 'lists every key as it was inserted, also those that are expired or revoked',
    async verify(store) {
      const keys = [
        keyOf('k3', { createdAt: CREATED + 2, revokedAt: CREATED + 3 }),
        keyOf('k2', { createdAt: CREATED + 1, expiresAt: CREATED + 2 }),
        keyOf('k1', { expiresAt: null }),
      ];
      for (const key of keys.toReversed()) await store.insert(key);
      assert.deepEqual(await store.list(), keys);
    },
  },
  {
    name: 'lists the newest first, in whatever order they were inserted',
    async verify(store) {
      for (const age of [2, 4, 1, 3]) await store.insert(keyOf(`k${age}`, { createdAt: CREATED - age }));
      assert.deepEqual(idsOf(await store.list()), ['k1', 'k2', 'k3', 'k4']);
    },
  },
  {
    name: 'revokes one key and changes nothing else of it',
    async verify(store) {
      const [one, other] = [keyOf('k1', { expiresAt: CREATED + 9 }), keyOf('k2')];
      await store.insert(one);
      await store.insert(other);
      assert.equal(await store.revoke('k1', REVOKED), true);
      assert.deepEqual(await store.findById('k1'), { ...one, revokedAt: REVOKED });
      assert.deepEqual(await store.findById('k2'), other);
      assert.deepEqual((await store.list()).find(({ id }) => id === 'k1')?.revokedAt, REVOKED);
    },
  },
  {
    name: 'revokes a key once: the second time is false and leaves the first time of it standing',
    async verify(store) {
      await store.insert(keyOf('k1'));
      await store.revoke('k1', REVOKED);
      assert.equal(await store.revoke('k1', REVOKED + 1), false);
      assert.equal(await store.revoke('k1', REVOKED - 1), false);
      assert.equal((await store.findById('k1'))?.revokedAt, REVOKED);
    },
  },
  {
    name: 'answers false to the revocation of a key that is not there, and makes none',
    async verify(store) {
      assert.equal(await store.revoke('k1', REVOKED), false);
      assert.equal(await store.findById('k1'), undefined);
      await store.insert(keyOf('k1'));
      assert.equal((await store.findById('k1'))?.revokedAt, null);
    },
  },
  {
    name: 'answers true to exactly one of concurrent revocations, and keeps that one',
    async verify(store) {
      await store.insert(keyOf('k1'));
      const answers = await atOnce(20, (index) => store.revoke('k1', REVOKED + index));
      assert.equal(answers.filter((answer) => answer === true).length, 1);
      assert.equal(answers.filter((answer) => answer === false).length, 19);
      assert.equal((await store.findById('k1'))?.revokedAt, REVOKED + answers.indexOf(true));
    },
  },
  {
    name: 'keeps every one of concurrent insertions',
    async verify(store) {
      await atOnce(20, (index) => store.insert(keyOf(`k${index}`)));
      assert.equal(new Set(idsOf(await store.list())).size, 20);
    },
  },
  {
    name: 'takes ids and texts to the letter, however odd',
    async verify(store) {
      const keys = ODD_TEXTS.map((text) =>
        keyOf(text, { appId: text, name: text, scopes: [text], hash: text }),
      );
      for (const key of keys.slice(1)) await store.insert(key);
      assert.equal(await store.findById(keys[0]?.id ?? ''), undefined);
      assert.equal(await store.revoke(keys[0]?.id ?? '', REVOKED), false);
      for (const key of keys.slice(1)) assert.deepEqual(await store.findById(key.id), key);
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      const given = structuredClone(keyOf('k1'));
      await store.insert(given);
      vandalise(given);
      vandalise(await store.findById('k1'));
      vandalise(await store.list());
      assert.deepEqual(await store.findById('k1'), keyOf('k1'));
      assert.deepEqual(await store.list(), [keyOf('k1')]);
    },
  },
];
