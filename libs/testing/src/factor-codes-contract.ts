import assert from 'node:assert/strict';
import type { FactorStore } from '@portcullis/auth';
import { countTrue, factorOf, keep, NOW } from './factor-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract } from './store-contract.js';

/** How codes that work once each are kept and used. */
export const factorCodesContract: StoreContract<FactorStore> = [
  {
    name: 'uses each code of a factor once, and counts those that are left',
    async verify(store) {
      await keep(store, factorOf('f1'), factorOf('f2'));
      await store.replaceCodes('f1', ['a', 'b']);
      await store.replaceCodes('f2', ['c']);
      assert.deepEqual([await store.countCodes('f1'), await store.countCodes('nobody')], [2, 0]);
      assert.equal(await store.useCode('f1', 'a', NOW + 1), true);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { lastUsedAt: NOW + 1 }));
      for (const code of ['a', 'c', '', 'B']) assert.equal(await store.useCode('f1', code, NOW + 2), false);
      assert.equal(await store.useCode('nobody', 'b', NOW + 2), false);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { lastUsedAt: NOW + 1 }));
      assert.deepEqual([await store.countCodes('f1'), await store.countCodes('f2')], [1, 1]);
    },
  },
  {
    name: 'lets exactly one of many use a code at the same time',
    async verify(store) {
      await store.insert(factorOf('f1'));
      await store.replaceCodes('f1', ['a', 'b']);
      for (const code of ['a', 'b'])
        assert.equal(countTrue(await atOnce(50, () => store.useCode('f1', code, NOW + 1))), 1);
      assert.equal(await store.countCodes('f1'), 0);
    },
  },
  {
    name: 'keeps new codes in place of all older ones',
    async verify(store) {
      await store.insert(factorOf('f1'));
      await store.replaceCodes('f1', ['a', 'b', 'c']);
      await store.useCode('f1', 'b', NOW);
      await store.replaceCodes('f1', ['b', 'd']);
      assert.equal(await store.countCodes('f1'), 2);
      for (const code of ['a', 'c']) assert.equal(await store.useCode('f1', code, NOW), false);
      for (const code of ['b', 'd']) assert.equal(await store.useCode('f1', code, NOW), true);
      await store.replaceCodes('f1', ['e']);
      await store.replaceCodes('f1', []);
      assert.equal(await store.countCodes('f1'), 0);
    },
  },
  {
    name: 'keeps the codes of one of many who replace them at the same time',
    async verify(store) {
      await store.insert(factorOf('f1'));
      await atOnce(10, (index) => store.replaceCodes('f1', [`${index} a`, `${index} b`]));
      assert.equal(await store.countCodes('f1'), 2);
      const codes = Array.from({ length: 10 }, (_, index) => index);
      const left: number[] = [];
      for (const index of codes) if (await store.useCode('f1', `${index} a`, NOW)) left.push(index);
      assert.equal(left.length, 1);
      assert.equal(await store.useCode('f1', `${left[0]} b`, NOW), true);
    },
  },
  {
    name: 'keeps no codes of a factor that is not there, and forgets them with it',
    async verify(store) {
      await assert.rejects(store.replaceCodes('f1', ['a']));
      await store.insert(factorOf('f1'));
      assert.equal(await store.countCodes('f1'), 0);
      await store.replaceCodes('f1', ['a']);
      await store.remove('f1', []);
      assert.equal(await store.countCodes('f1'), 0);
      await store.insert(factorOf('f1'));
      assert.equal(await store.useCode('f1', 'a', NOW), false);
    },
  },
  {
    name: 'tells odd codes apart',
    async verify(store) {
      const [first, ...others] = ODD_TEXTS as [string, ...string[]];
      await store.insert(factorOf('f1'));
      await store.replaceCodes('f1', others);
      assert.equal(await store.useCode('f1', first, NOW), false);
      for (const text of others) assert.equal(await store.useCode('f1', text, NOW), true);
    },
  },
];
