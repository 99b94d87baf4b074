import assert from 'node:assert/strict';
import type { ApiKeyRecord, ApiKeyStore } from '@portcullis/auth';
import { appKey, insertAll, listedIds, NOW, userKey } from './api-key-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

const FROM = '192.0.2.1';
const ELSEWHERE = '2001:db8::1';

const lastUse = (record: ApiKeyRecord | undefined) => [record?.lastUsedAt, record?.lastUsedFrom];

/** How it is noted when keys were last used. */
export const apiKeyUsesContract: StoreContract<ApiKeyStore> = [
  {
    name: 'notes the uses of many keys at once, whatever their state, and changes nothing else of them',
    async verify(store) {
      const keys = [
        appKey('k1'),
        userKey('k2'),
        appKey('k3', { revokedAt: NOW, expiresAt: NOW }),
        appKey('k4'),
      ];
      await insertAll(store, keys);
      const uses = keys.slice(0, 3).map(({ id }, index) => ({ id, at: NOW + index, from: FROM }));
      await store.recordUses(uses);
      for (const [index, key] of keys.slice(0, 3).entries())
        assert.deepEqual(await store.findById(key.id), {
          ...key,
          lastUsedAt: NOW + index,
          lastUsedFrom: FROM,
        });
      assert.deepEqual(await store.findById('k4'), keys[3]);
    },
  },
  {
    name: 'notes a newer use in the place of an older one',
    async verify(store) {
      await store.insert(appKey('k1'));
      await store.recordUses([{ id: 'k1', at: NOW, from: FROM }]);
      await store.recordUses([{ id: 'k1', at: NOW + 1, from: ELSEWHERE }]);
      assert.deepEqual(lastUse(await store.findById('k1')), [NOW + 1, ELSEWHERE]);
    },
  },
  {
    name: 'leaves what it knows standing when a use is older, or of the same time',
    async verify(store) {
      await store.insert(appKey('k1'));
      await store.recordUses([{ id: 'k1', at: NOW, from: FROM }]);
      for (const at of [NOW - 1, NOW]) await store.recordUses([{ id: 'k1', at, from: ELSEWHERE }]);
      assert.deepEqual(lastUse(await store.findById('k1')), [NOW, FROM]);
    },
  },
  {
    name: 'notes the latest of several uses of one key in one batch, in whatever order they come',
    async verify(store) {
      await insertAll(store, [appKey('k1'), appKey('k2')]);
      await store.recordUses([
        { id: 'k1', at: NOW + 2, from: FROM },
        { id: 'k2', at: NOW + 1, from: ELSEWHERE },
        { id: 'k1', at: NOW + 1, from: ELSEWHERE },
        { id: 'k2', at: NOW + 2, from: FROM },
        { id: 'k1', at: NOW, from: ELSEWHERE },
        { id: 'k2', at: NOW, from: ELSEWHERE },
      ]);
      assert.deepEqual(lastUse(await store.findById('k1')), [NOW + 2, FROM]);
      assert.deepEqual(lastUse(await store.findById('k2')), [NOW + 2, FROM]);
    },
  },
  {
    name: 'passes over the uses of keys that are not there, and notes the others',
    async verify(store) {
      await insertAll(store, [appKey('k1'), appKey('k2')]);
      const uses = ['k0', 'k1', 'k', 'k2', 'k3'].map((id) => ({ id, at: NOW, from: FROM }));
      await assert.doesNotReject(store.recordUses(uses));
      assert.deepEqual(lastUse(await store.findById('k1')), [NOW, FROM]);
      assert.deepEqual(lastUse(await store.findById('k2')), [NOW, FROM]);
      assert.deepEqual(await listedIds(store), ['k2', 'k1']);
    },
  },
  {
    name: 'takes a batch of no uses',
    async verify(store) {
      await store.insert(appKey('k1'));
      await assert.doesNotReject(store.recordUses([]));
      assert.deepEqual(await store.findById('k1'), appKey('k1'));
    },
  },
  {
    name: 'takes a batch of tens of thousands of uses',
    async verify(store) {
      await insertAll(store, [appKey('first'), appKey('last')]);
      const gone = Array.from({ length: 40_000 }, (_, index) => `k${index}`);
      const uses = ['first', ...gone, 'last'].map((id) => ({ id, at: NOW, from: FROM }));
      await assert.doesNotReject(store.recordUses(uses));
      assert.deepEqual(lastUse(await store.findById('first')), [NOW, FROM]);
      assert.deepEqual(lastUse(await store.findById('last')), [NOW, FROM]);
    },
  },
  {
    name: 'notes the latest of concurrent uses',
    async verify(store) {
      await store.insert(appKey('k1'));
      await atOnce(20, (index) =>
        store.recordUses([{ id: 'k1', at: NOW + ((index * 7) % 20), from: `192.0.2.${(index * 7) % 20}` }]),
      );
      assert.deepEqual(lastUse(await store.findById('k1')), [NOW + 19, '192.0.2.19']);
    },
  },
];
