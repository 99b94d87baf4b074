import assert from 'node:assert/strict';
import type { FactorStore } from '@portcullis/auth';
import { countTrue, factorOf, keep, NOW, unconfirmed } from './factor-samples.js';
import { atOnce, type StoreContract } from './store-contract.js';

/** How factors are confirmed and used. */
export const factorUseContract: StoreContract<FactorStore> = [
  {
    name: 'confirms a factor once, with what was used for it',
    async verify(store) {
      await keep(store, unconfirmed('f1'), unconfirmed('f2'));
      assert.equal(await store.confirm('f1', 7, NOW + 1), true);
      const confirmed = factorOf('f1', { confirmedAt: NOW + 1, lastUsedAt: NOW + 1, position: 7 });
      assert.deepEqual(await store.find('f1'), confirmed);
      assert.equal(await store.confirm('f1', 9, NOW + 2), false);
      assert.equal(await store.confirm('nobody', 9, NOW + 2), false);
      assert.deepEqual(await store.find('f1'), confirmed);
      assert.deepEqual(await store.find('f2'), unconfirmed('f2'));
      assert.equal(await store.useStep('f1', 7, NOW + 3), false);
    },
  },
  {
    name: 'lets exactly one of many confirm at the same time',
    async verify(store) {
      await store.insert(unconfirmed('f1'));
      assert.equal(countTrue(await atOnce(50, (index) => store.confirm('f1', index, NOW + index))), 1);
    },
  },
  {
    name: 'uses a step once, and none before it',
    async verify(store) {
      await keep(store, factorOf('f1', { position: 10 }), factorOf('f2', { position: 10 }));
      for (const step of [10, 9, 0, -1]) assert.equal(await store.useStep('f1', step, NOW + 1), false);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { position: 10 }));
      assert.equal(await store.useStep('f1', 12, NOW + 2), true);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { position: 12, lastUsedAt: NOW + 2 }));
      for (const step of [11, 12]) assert.equal(await store.useStep('f1', step, NOW + 3), false);
      assert.equal(await store.useStep('nobody', 12, NOW + 3), false);
      assert.deepEqual(await store.find('f2'), factorOf('f2', { position: 10 }));
    },
  },
  {
    name: 'lets exactly one of many use a step at the same time',
    async verify(store) {
      await store.insert(factorOf('f1'));
      for (const step of [0, 1]) {
        assert.equal(countTrue(await atOnce(50, () => store.useStep('f1', step, NOW + 1))), 1);
      }
      assert.equal((await store.find('f1'))?.position, 1);
    },
  },
  {
    name: 'ends with the highest of the steps that come at once, and uses each at most once',
    async verify(store) {
      await store.insert(factorOf('f1'));
      const steps = [3, 1, 2, 3, 1, 2, 3];
      const used = await atOnce(steps.length, (index) => store.useStep('f1', steps[index] as number, NOW));
      const usedSteps = steps.filter((_, index) => used[index]);
      assert.equal(new Set(usedSteps).size, usedSteps.length);
      assert.ok(usedSteps.includes(3));
      assert.equal((await store.find('f1'))?.position, 3);
    },
  },
  {
    name: 'uses a counter that rises, or that is 0 for ever',
    async verify(store) {
      await keep(store, factorOf('f1'), factorOf('f2'), factorOf('f3', { position: 5 }));
      for (const _ of [1, 2, 3]) assert.equal(await store.useCounter('f1', 0, NOW + 1), true);
      assert.deepEqual(await store.find('f1'), factorOf('f1', { position: 0, lastUsedAt: NOW + 1 }));
      assert.equal(await store.useCounter('f2', 4, NOW + 1), true);
      for (const counter of [4, 3, 0]) assert.equal(await store.useCounter('f2', counter, NOW + 2), false);
      assert.deepEqual(await store.find('f2'), factorOf('f2', { position: 4, lastUsedAt: NOW + 1 }));
      assert.equal(await store.useCounter('f3', 0, NOW + 1), false);
      assert.equal(await store.useCounter('f3', 6, NOW + 1), true);
      assert.equal(await store.useCounter('nobody', 6, NOW + 1), false);
    },
  },
  {
    name: 'lets exactly one of many use a counter at the same time',
    async verify(store) {
      await store.insert(factorOf('f1'));
      assert.equal(countTrue(await atOnce(50, () => store.useCounter('f1', 1, NOW + 1))), 1);
    },
  },
  {
    name: 'uses nothing of a factor that is not confirmed, or is gone',
    async verify(store) {
      await keep(store, unconfirmed('f1'), factorOf('f2'));
      for (const id of ['f1', 'f2']) await store.replaceCodes(id, ['c']);
      await store.remove('f2', []);
      for (const id of ['f1', 'f2']) {
        assert.equal(await store.useStep(id, 1, NOW), false);
        assert.equal(await store.useCounter(id, 0, NOW), false);
        assert.equal(await store.useCounter(id, 1, NOW), false);
        assert.equal(await store.useCode(id, 'c', NOW), false);
      }
      assert.deepEqual(await store.find('f1'), unconfirmed('f1'));
      assert.equal(await store.countCodes('f1'), 1);
    },
  },
];
