import assert from 'node:assert/strict';
import type { FactorStore, FactorTries, TryLimits } from '@portcullis/auth';
import { ADA, NOW } from './factor-samples.js';
import { atOnce, ODD_TEXTS, type StoreContract } from './store-contract.js';

const TRIES: FactorTries = { ...ADA, kind: 'totp' };
const LIMITS: TryLimits = { free: 3, firstDelayMs: 1_000, longestDelayMs: 5_000 };

/** How tries slow down further ones. */
export const factorTriesContract: StoreContract<FactorStore> = [
  {
    name: 'lets some begin at once, and has each further one wait twice as long, up to the longest delay',
    async verify(store) {
      const begin = (at: number) => store.beginTry(TRIES, LIMITS, NOW + at);
      for (const at of [0, 0, 5]) assert.equal(await begin(at), 0);
      assert.equal(await begin(5), 1_000);
      assert.equal(await begin(1_004), 1);
      assert.equal(await begin(1_005), 0);
      assert.equal(await begin(1_005), 2_000);
      assert.equal(await begin(3_005), 0);
      assert.equal(await begin(3_005), 4_000);
      assert.equal(await begin(7_005), 0);
      for (const at of [7_005, 12_005]) {
        assert.equal(await begin(at), at === 7_005 ? 5_000 : 0);
      }
      assert.equal(await begin(12_005), 5_000);
    },
  },
  {
    name: 'counts no try that has to wait',
    async verify(store) {
      for (const _ of [1, 2, 3]) await store.beginTry(TRIES, LIMITS, NOW);
      await atOnce(20, () => store.beginTry(TRIES, LIMITS, NOW + 1));
      assert.equal(await store.beginTry(TRIES, LIMITS, NOW + 1_000), 0);
      assert.equal(await store.beginTry(TRIES, LIMITS, NOW + 1_000), 2_000);
    },
  },
  {
    name: 'lets no more of many begin at the same time than may',
    async verify(store) {
      const limits = { ...LIMITS, free: 5 };
      const waits = await atOnce(100, () => store.beginTry(TRIES, limits, NOW));
      assert.equal(waits.filter((wait) => wait === 0).length, 5);
      assert.deepEqual([...new Set(waits)].toSorted(), [0, 1_000]);
      const later = await atOnce(20, () => store.beginTry(TRIES, limits, NOW + 1_000));
      assert.equal(later.filter((wait) => wait === 0).length, 1);
    },
  },
  {
    name: 'has the first one begin, whatever the limits are',
    async verify(store) {
      const limits = { free: 0, firstDelayMs: 9_000, longestDelayMs: 2_000 };
      assert.equal(await store.beginTry(TRIES, limits, NOW), 0);
      assert.equal(await store.beginTry(TRIES, limits, NOW), 2_000);
    },
  },
  {
    name: 'counts those of each user, issuer and kind by themselves',
    async verify(store) {
      const others = [{ subject: 'bob' }, { issuer: 'https://other.example' }, { kind: 'recovery-codes' }];
      const limits = { ...LIMITS, free: 1 };
      for (const other of [{}, ...others])
        assert.equal(await store.beginTry({ ...TRIES, ...other }, limits, NOW), 0);
      const odd = ODD_TEXTS.flatMap((text) => [{ subject: text }, { kind: text }]);
      for (const text of odd) assert.equal(await store.beginTry({ ...TRIES, ...text }, limits, NOW), 0);
      for (const text of odd) assert.equal(await store.beginTry({ ...TRIES, ...text }, limits, NOW), 1_000);
    },
  },
  {
    name: 'forgets the tries of one who has proven themselves, and no other’s',
    async verify(store) {
      const bob = { ...TRIES, subject: 'bob' };
      for (const tries of [TRIES, bob]) for (const _ of [1, 2, 3]) await store.beginTry(tries, LIMITS, NOW);
      await store.forgetTries(TRIES);
      await store.forgetTries({ ...TRIES, subject: 'nobody' });
      for (const _ of [1, 2, 3]) assert.equal(await store.beginTry(TRIES, LIMITS, NOW), 0);
      assert.equal(await store.beginTry(TRIES, LIMITS, NOW), 1_000);
      assert.equal(await store.beginTry(bob, LIMITS, NOW), 1_000);
    },
  },
];
