import assert from 'node:assert/strict';
import type { FactorStore } from '@portcullis/auth';
import { countTrue, factorOf, idsOf, keep, unconfirmed } from './factor-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

/** How the data of all factors are looked through and replaced, as when the key changes that they are encrypted with. */
export const factorDataContract: StoreContract<FactorStore> = [
  {
    name: 'replaces the data of a factor that has those that are known, and nothing else of it',
    async verify(store) {
      await keep(store, factorOf('f1', { data: 'old', position: 7 }), factorOf('f2', { data: 'old' }));
      assert.equal(await store.replaceData('f1', 'other', 'new'), false);
      assert.equal(await store.replaceData('f3', 'old', 'new'), false);
      assert.equal(await store.replaceData('f1', 'old', 'new'), true);
      assert.equal(await store.replaceData('f1', 'old', 'newer'), false);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { data: 'new', position: 7 }));
      assert.deepEqual(await store.find('f2'), factorOf('f2', { data: 'old' }));
    },
  },
  {
    name: 'lets exactly one of many replace the same data at the same time',
    async verify(store) {
      await keep(store, factorOf('f1', { data: 'old' }));
      const isReplaced = await atOnce(20, (index) => store.replaceData('f1', 'old', `new ${index}`));
      assert.equal(countTrue(isReplaced), 1);
      assert.equal((await store.find('f1'))?.data, `new ${isReplaced.indexOf(true)}`);
    },
  },
  {
    name: 'lists the factors of all users, confirmed or not, page after page',
    async verify(store) {
      const factors = [
        factorOf('c'),
        unconfirmed('a', { subject: 'bob' }),
        factorOf('b', { kind: 'passkey' }),
      ];
      await keep(store, ...factors);
      assert.deepEqual(await store.listAll(undefined, 10), [factors[1], factors[2], factors[0]]);
      assert.deepEqual(idsOf(await store.listAll(undefined, 2)), ['a', 'b']);
      assert.deepEqual(idsOf(await store.listAll('b', 2)), ['c']);
      assert.deepEqual(idsOf(await store.listAll('c', 2)), []);
    },
  },
];
