import assert from 'node:assert/strict';
import type { ApiKeyStore } from '@portcullis/auth';
import { appKey, byId, FULL_DETAILS, idsOf, insertAll, listAll, NOW, userKey } from './api-key-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

/** How keys are disabled, and hashed anew. */
export const apiKeyChangesContract: StoreContract<ApiKeyStore> = [
  {
    name: 'disables a key and enables it again, gives it back as it is now, and changes nothing else',
    async verify(store) {
      const keys = [
        appKey('k1', { ...FULL_DETAILS, disabledAt: null, revokedAt: null, revokedReason: null }),
        userKey('k2'),
      ];
      const other = appKey('k3');
      await insertAll(store, [...keys, other]);
      for (const key of keys) {
        const disabled = { ...key, disabledAt: NOW };
        assert.deepEqual(await store.setDisabled(key.id, NOW), disabled);
        assert.deepEqual(await store.findById(key.id), disabled);
        assert.deepEqual(await store.findByHash(key.hash), disabled);
        assert.deepEqual(await store.setDisabled(key.id, null), key);
        assert.deepEqual(await store.findById(key.id), key);
      }
      assert.deepEqual(await store.findById('k3'), other);
    },
  },
  {
    name: 'answers with nothing when a key is disabled or enabled already, and leaves its time standing',
    async verify(store) {
      await store.insert(appKey('k1'));
      assert.equal(await store.setDisabled('k1', null), undefined);
      await store.setDisabled('k1', NOW);
      for (const at of [NOW - 1, NOW, NOW + 1]) assert.equal(await store.setDisabled('k1', at), undefined);
      assert.equal((await store.findById('k1'))?.disabledAt, NOW);
      await store.setDisabled('k1', null);
      assert.equal(await store.setDisabled('k1', null), undefined);
    },
  },
  {
    name: 'neither disables nor enables a revoked key, nor one that is not there',
    async verify(store) {
      const keys = [appKey('k1', { revokedAt: NOW }), appKey('k2', { revokedAt: NOW, disabledAt: NOW })];
      await insertAll(store, keys);
      for (const id of ['k1', 'k2', 'k3', 'k'])
        for (const at of [NOW + 1, null]) assert.equal(await store.setDisabled(id, at), undefined);
      assert.deepEqual(byId(await listAll(store)), keys);
    },
  },
  {
    name: 'disables a key that is expired, pending or replaced as well',
    async verify(store) {
      await insertAll(store, [
        appKey('k1', { expiresAt: NOW - 1 }),
        appKey('k2', { notBefore: NOW + 1 }),
        appKey('k3', { replacedBy: 'k9' }),
      ]);
      for (const id of ['k1', 'k2', 'k3']) {
        assert.equal((await store.setDisabled(id, NOW))?.disabledAt, NOW);
        assert.equal((await store.setDisabled(id, null))?.disabledAt, null);
      }
    },
  },
  {
    name: 'gives the key to exactly one of concurrent disablings, and keeps the time of that one',
    async verify(store) {
      await store.insert(appKey('k1'));
      const answers = await atOnce(20, (index) => store.setDisabled('k1', NOW + index));
      const winner = answers.findIndex((answer) => answer !== undefined);
      const disabled = appKey('k1', { disabledAt: NOW + winner });
      assert.deepEqual(
        answers.filter((answer) => answer !== undefined),
        [disabled],
      );
      assert.deepEqual(await store.findById('k1'), disabled);
    },
  },
  {
    name: 'puts another hash in the place of one: the old one finds nothing, and all else stays',
    async verify(store) {
      const [one, other] = [appKey('k1', FULL_DETAILS), userKey('k2')];
      await insertAll(store, [one, other]);
      await store.rehash('k1', 'hash of k1', 'anew');
      assert.equal(await store.findByHash('hash of k1'), undefined);
      assert.deepEqual(await store.findByHash('anew'), { ...one, hash: 'anew' });
      assert.deepEqual(await store.findById('k1'), { ...one, hash: 'anew' });
      assert.deepEqual(await store.findByHash('hash of k2'), other);
      await store.rehash('k1', 'anew', 'once more');
      assert.equal((await store.findByHash('once more'))?.id, 'k1');
    },
  },
  {
    name: 'puts no hash in the place of another than the given one, nor of a key that is not there',
    async verify(store) {
      const keys = [appKey('k1'), appKey('k2')];
      await insertAll(store, keys);
      await store.rehash('k1', 'hash of k2', 'anew 1');
      await store.rehash('k1', 'HASH OF K1', 'anew 2');
      await store.rehash('k1', '', 'anew 3');
      await store.rehash('k3', 'hash of k1', 'anew 4');
      for (const hash of ['anew 1', 'anew 2', 'anew 3', 'anew 4'])
        assert.equal(await store.findByHash(hash), undefined);
      for (const key of keys) assert.deepEqual(await store.findByHash(key.hash), key);
      assert.deepEqual(byId(await listAll(store)), keys);
    },
  },
  {
    name: 'refuses the hash of another key in the place of one, and leaves both standing',
    async verify(store) {
      const keys = [appKey('k1'), appKey('k2')];
      await insertAll(store, keys);
      await assert.rejects(store.rehash('k1', 'hash of k1', 'hash of k2'));
      for (const key of keys) assert.deepEqual(await store.findByHash(key.hash), key);
      assert.deepEqual(byId(await listAll(store)), keys);
    },
  },
  {
    name: 'puts exactly one of concurrent hashes in the place of the same one',
    async verify(store) {
      await store.insert(appKey('k1'));
      await atOnce(20, (index) => store.rehash('k1', 'hash of k1', `anew ${index}`));
      const found = await atOnce(20, (index) => store.findByHash(`anew ${index}`));
      const winner = found.findIndex((record) => record !== undefined);
      assert.deepEqual(
        found.filter((record) => record !== undefined),
        [appKey('k1', { hash: `anew ${winner}` })],
      );
    },
  },
  {
    name: 'keeps every one of concurrent changes of one key',
    async verify(store) {
      const keys = await atOnce(20, async (index) => {
        await store.insert(appKey(`k${index}`));
        return `k${index}`;
      });
      await Promise.all(
        keys.flatMap((id) => [
          store.recordUses([{ id, at: NOW, from: '192.0.2.1' }]),
          store.revoke({ id }, NOW, 'lost'),
          store.rehash(id, `hash of ${id}`, `anew ${id}`),
        ]),
      );
      const changes = { lastUsedAt: NOW, lastUsedFrom: '192.0.2.1', revokedAt: NOW, revokedReason: 'lost' };
      for (const id of keys)
        assert.deepEqual(await store.findById(id), appKey(id, { ...changes, hash: `anew ${id}` }));
      assert.deepEqual(idsOf(byId(await listAll(store))), keys.toSorted());
    },
  },
];
