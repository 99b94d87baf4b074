import assert from 'node:assert/strict';
import type { ApiKeyRecord, ApiKeyStore } from '@portcullis/auth';
import {
  appKey,
  CREATED,
  FULL_DETAILS,
  insertAll,
  listAll,
  listedIds,
  NOW,
  userKey,
} from './api-key-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** What a store of JSON, or of a JSON column, may spoil. */
const METADATA = {
  nested: { deep: [{ er: { est: [] } }, {}, null] },
  plain: [true, false, null, 0, -1.5, 1e21, Number.MAX_SAFE_INTEGER, '', 'null', '1', '{"a":1}'],
  time: '2030-01-01T00:00:00.000Z',
  odd: ['\u0000', '\ud800', '\udc00\ud83d', '\u2028', '🔑', 'e\u0301', '\\u0000', '%', "'", '"'],
  '': { 'a.b': 1, A: 2, a: 3, $set: 4, 'x\u0000y': 5 },
  long: 'x'.repeat(4_000),
  ...JSON.parse('{ "__proto__": { "polluted": true }, "constructor": 1 }'),
};

/** The key is found in every way, as it is. */
async function assertKept(store: ApiKeyStore, record: ApiKeyRecord): Promise<void> {
  assert.deepEqual(await store.findById(record.id), record);
  assert.deepEqual(await store.findByHash(record.hash), record);
  assert.deepEqual(
    (await listAll(store)).find(({ id }) => id === record.id),
    record,
  );
}

/** How keys are inserted and found again. */
export const apiKeyKeepingContract: StoreContract<ApiKeyStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.equal(await store.findById('k1'), undefined);
      assert.equal(await store.findByHash('hash of k1'), undefined);
      assert.deepEqual(await listAll(store), []);
    },
  },
  {
    name: 'finds a key by its id and by its hash, and no other',
    async verify(store) {
      const keys = [appKey('k1'), userKey('k2'), appKey('', { hash: 'h' })];
      await insertAll(store, keys);
      for (const key of keys) assert.deepEqual(await store.findById(key.id), key);
      for (const key of keys) assert.deepEqual(await store.findByHash(key.hash), key);
      for (const id of ['k3', 'k', 'k11', 'hash of k1']) assert.equal(await store.findById(id), undefined);
      for (const hash of ['', 'hash of k3', 'hash of k', 'k1', 'H'])
        assert.equal(await store.findByHash(hash), undefined);
    },
  },
  {
    name: 'keeps every field of the keys of apps and of users as it was inserted',
    async verify(store) {
      const full = [appKey('k1', FULL_DETAILS), userKey('k2', FULL_DETAILS)];
      const keys = [...full, appKey('k3', { name: '', owner: '', tenant: '' }), userKey('k4')];
      await insertAll(store, keys);
      for (const key of keys) await assertKept(store, key);
    },
  },
  {
    name: 'keeps scopes and networks in their order, and an empty list apart from null',
    async verify(store) {
      const networks = ['::1/128', '10.0.0.0/8', '192.0.2.1/32'];
      const keys = [
        appKey('k1', { scopes: ['c', 'a', 'b:*', 'A'], networks }),
        appKey('k2', { scopes: [], networks: [] }),
        appKey('k3', { scopes: ['a,b', '{c}', '["d"]'], networks: null }),
      ];
      await insertAll(store, keys);
      for (const key of keys) await assertKept(store, key);
    },
  },
  {
    name: 'keeps metadata as it is: nested, odd, empty, or only looking like something else',
    async verify(store) {
      const keys = [
        appKey('k1', { metadata: METADATA }),
        userKey('k2', { metadata: METADATA }),
        appKey('k3', { metadata: {} }),
      ];
      await insertAll(store, keys);
      for (const key of keys) await assertKept(store, key);
      assert.equal((await store.findById('k1'))?.metadata.polluted, undefined);
    },
  },
  {
    name: 'keeps times and numbers exactly, early and far ones too, and 0 apart from null',
    async verify(store) {
      const times = [0, 1, -1, CREATED + 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
      const keys = times.map((time, index) =>
        appKey(`k${index}`, {
          createdAt: time,
          notBefore: time,
          expiresAt: time,
          disabledAt: time,
          revokedAt: time,
          lastUsedAt: time,
          rateLimit: { requests: Math.abs(time), windowSeconds: Math.abs(time) },
        }),
      );
      await insertAll(store, keys);
      for (const key of keys) await assertKept(store, key);
    },
  },
  {
    name: 'refuses an id a second time, also that of a revoked key, and leaves the first key standing',
    async verify(store) {
      await insertAll(store, [appKey('k1'), appKey('k2')]);
      await store.revoke({ id: 'k2' }, NOW, null);
      for (const id of ['k1', 'k2']) {
        await assert.rejects(store.insert(userKey(id, { hash: 'another', name: 'Impostor' })));
        assert.equal((await store.findById(id))?.name, 'Depot Bern');
      }
      assert.equal(await store.findByHash('another'), undefined);
      assert.deepEqual((await listedIds(store)).toSorted(), ['k1', 'k2']);
    },
  },
  {
    name: 'refuses a hash a second time, also that of a revoked key, and leaves the first key standing',
    async verify(store) {
      await insertAll(store, [appKey('k1'), appKey('k2')]);
      await store.revoke({ id: 'k2' }, NOW, null);
      for (const id of ['k1', 'k2']) {
        await assert.rejects(store.insert(userKey('k3', { hash: `hash of ${id}` })));
        assert.equal((await store.findByHash(`hash of ${id}`))?.id, id);
      }
      assert.equal(await store.findById('k3'), undefined);
      assert.deepEqual((await listedIds(store)).toSorted(), ['k1', 'k2']);
    },
  },
  {
    name: 'keeps every one of concurrent insertions',
    async verify(store) {
      await atOnce(20, (index) => store.insert(index % 2 === 0 ? appKey(`k${index}`) : userKey(`k${index}`)));
      assert.equal(new Set(await listedIds(store)).size, 20);
    },
  },
  {
    name: 'keeps exactly one of concurrent insertions with the same hash',
    async verify(store) {
      const kept = await atOnce(20, (index) =>
        store.insert(appKey(`k${index}`, { hash: 'same' })).then(
          () => true,
          () => false,
        ),
      );
      const winner = `k${kept.indexOf(true)}`;
      assert.equal(kept.filter(Boolean).length, 1);
      assert.deepEqual(await listedIds(store), [winner]);
      assert.equal((await store.findByHash('same'))?.id, winner);
    },
  },
  {
    name: 'takes ids and texts to the letter, however odd',
    async verify(store) {
      const texts = [...ODD_TEXTS, ''];
      const keys = texts.flatMap((text) => {
        const details = { name: text, owner: text, tenant: text, scopes: [text], revokedReason: text };
        return [
          appKey(text, { ...details, appId: text, hash: text }),
          userKey(`of ${text}`, { ...details, issuer: text, subject: text, metadata: { [text]: text } }),
        ];
      });
      const [first, ...others] = keys as [ApiKeyRecord, ...ApiKeyRecord[]];
      await insertAll(store, others);
      assert.equal(await store.findById(first.id), undefined);
      assert.equal(await store.findByHash(first.hash), undefined);
      assert.deepEqual(await store.revoke({ id: first.id }, NOW, null), []);
      assert.deepEqual(await store.revoke({ appId: first.id }, NOW, null), []);
      for (const key of others) {
        assert.deepEqual(await store.findById(key.id), key);
        assert.deepEqual(await store.findByHash(key.hash), key);
      }
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      // Made anew each time, because what is given is vandalised.
      const made = (id: string, changes = {}) =>
        appKey(id, {
          scopes: ['a', 'b'],
          metadata: { nested: { list: [1] } },
          networks: ['10.0.0.0/8'],
          rateLimit: { requests: 7, windowSeconds: 60 },
          publicKey: { kty: 'OKP', crv: 'Ed25519', x: 'AA' },
          ...changes,
        });
      const given = [made('k2'), made('k1')];
      await insertAll(store, given);
      vandalise(given);
      for (const id of ['k1', 'k2']) vandalise(await store.findById(id));
      vandalise(await store.findByHash('hash of k1'));
      vandalise(await listAll(store));
      assert.deepEqual(await listAll(store), [made('k2'), made('k1')]);

      const successor = made('k3');
      await store.replace('k1', successor, NOW, NOW);
      vandalise(successor);
      vandalise(await store.setDisabled('k3', NOW));
      vandalise(await store.revoke({ id: 'k3' }, NOW, 'lost'));
      const changes = { disabledAt: NOW, revokedAt: NOW, revokedReason: 'lost' };
      assert.deepEqual(await store.findById('k3'), made('k3', changes));
    },
  },
];
