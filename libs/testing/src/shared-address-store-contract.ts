import assert from 'node:assert/strict';
import type { SharedAddress, SharedAddressStore } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

/** In the past, so that no server's clock stands before it. */
const NOW = Date.UTC(2020, 0, 1);

const seen = (id: string, seenAt = NOW): SharedAddress => ({ id, seenAt });

const numbered = (count: number): SharedAddress[] =>
  Array.from({ length: count }, (_, index) => seen(`a${String(index).padStart(4, '0')}`, NOW + index));

const all = (store: SharedAddressStore) => store.list({ since: 0, limit: 10_000 });

/** What every {@link SharedAddressStore} promises. */
export const sharedAddressStoreContract: StoreContract<SharedAddressStore> = [
  {
    name: 'lists what was seen last first, and at one time by ids downwards, from a time on and so many',
    async verify(store) {
      await store.save([]);
      assert.deepEqual(await all(store), []);
      const kept = [seen('b', NOW + 1), seen('a', NOW + 1), seen('d'), seen('c', NOW - 1)];
      await store.save([kept[2], kept[0]] as SharedAddress[]);
      await store.save([kept[3], kept[1]] as SharedAddress[]);
      assert.deepEqual(await all(store), kept);
      assert.deepEqual(await store.list({ since: NOW, limit: 9 }), kept.slice(0, 3));
      assert.deepEqual(await store.list({ since: 0, limit: 2 }), kept.slice(0, 2));
    },
  },
  {
    name: 'goes on behind any place, also one that is not there',
    async verify(store) {
      const kept = numbered(1_200).reverse();
      await store.save(kept);
      const found: SharedAddress[] = [];
      for (let after: SharedAddress | undefined; found.length <= kept.length; after = found.at(-1)) {
        const page = await store.list({ since: 0, ...(after && { after }), limit: 500 });
        if (page.length === 0) break;
        found.push(...page);
      }
      assert.deepEqual(found, kept);
      const after = seen('zz', NOW + 5);
      assert.deepEqual(await store.list({ since: 0, after, limit: 1 }), [seen('a0005', NOW + 5)]);
    },
  },
  {
    name: 'has of one id what was seen last, in whatever order it comes',
    async verify(store) {
      await store.save([seen('a', NOW + 1), seen('a', NOW + 3), seen('a', NOW + 2)]);
      await store.save([seen('a', NOW), seen('b')]);
      assert.deepEqual(await all(store), [seen('a', NOW + 3), seen('b')]);
    },
  },
  {
    name: 'keeps what many write at the same time',
    async verify(store) {
      const both = [seen('a'), seen('b')];
      await atOnce(10, (index) =>
        store.save((index % 2 === 0 ? both : both.toReversed()).map(({ id }) => seen(id, NOW + index))),
      );
      assert.deepEqual(await all(store), [seen('b', NOW + 9), seen('a', NOW + 9)]);
    },
  },
  {
    name: 'keeps odd texts apart, and hands out what nobody can change it by',
    async verify(store) {
      await store.save(ODD_TEXTS.map((text) => seen(text)));
      vandalise(await all(store));
      assert.deepEqual(new Set((await all(store)).map(({ id }) => id)), new Set(ODD_TEXTS));
    },
  },
  {
    name: 'forgets what was seen before a time, and of the rest the oldest beyond so many',
    async verify(store) {
      const kept = numbered(1_200);
      await store.save(kept);
      for (let calls = 0; calls < 5; calls++) await store.prune(NOW + 100, 10_000);
      assert.deepEqual(await all(store), kept.slice(100).reverse());
      for (let calls = 0; calls < 5; calls++) await store.prune(0, 7);
      assert.deepEqual(await all(store), kept.slice(-7).reverse());
      await store.prune(0, 7);
      assert.equal((await all(store)).length, 7);
    },
  },
];
