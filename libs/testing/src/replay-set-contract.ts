import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { ReplaySet } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract } from './store-contract.js';

/** How long what is over may take to be forgotten, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Half of the patience with what is over. */
const LONGEST_SECONDS = 5;

/** Whether an id can be used again before patience ends. */
async function isFreeInTime(used: ReplaySet, id: string): Promise<boolean> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (performance.now() < giveUpAt) {
    if (await used.firstUse(id, 60)) return true;
    await setTimeout(5);
  }
  return false;
}

/** An id that was used for a short time and again within it, for a long one. On a slow machine a short time is over before. */
async function usedAgainInTime(used: ReplaySet): Promise<string> {
  for (let seconds = 0.05; seconds < LONGEST_SECONDS; seconds *= 2) {
    const id = `for ${seconds}`;
    await used.firstUse(id, seconds);
    if (!(await used.firstUse(id, 60))) return id;
  }
  assert.fail('every use is the first');
}

/** What every {@link ReplaySet} promises. */
export const replaySetContract: StoreContract<ReplaySet> = [
  {
    name: 'knows the first use of an id from all others',
    async verify(used) {
      assert.equal(await used.firstUse('a', 60), true);
      assert.equal(await used.firstUse('a', 60), false);
      assert.equal(await used.firstUse('b', 60), true);
      assert.equal(await used.firstUse('a', 3_600), false);
    },
  },
  {
    name: 'knows one first of all that come at once',
    async verify(used) {
      for (const id of ['a', 'b']) {
        const answers = await atOnce(50, () => used.firstUse(id, 60));
        assert.equal(answers.filter(Boolean).length, 1);
      }
    },
  },
  {
    name: 'knows the first one of each of many ids that come at once',
    async verify(used) {
      const answers = await atOnce(100, async (index) => used.firstUse(`${index % 50}`, 60));
      assert.equal(answers.filter(Boolean).length, 50);
    },
  },
  {
    name: 'takes a use back, and no other',
    async verify(used) {
      for (const id of ['a', 'b']) await used.firstUse(id, 60);
      await used.release('a');
      await used.release('never used');
      const answers = await atOnce(20, () => used.firstUse('a', 60));
      assert.equal(answers.filter(Boolean).length, 1);
      assert.equal(await used.firstUse('b', 60), false);
    },
  },
  {
    name: 'forgets a use when its time is over, and not before',
    async verify(used) {
      await used.firstUse('long', 60);
      await used.firstUse('short', 0.05);
      assert.equal(await isFreeInTime(used, 'short'), true);
      assert.equal(await used.firstUse('short', 60), false);
      assert.equal(await used.firstUse('long', 60), false);
    },
  },
  {
    name: 'knows one first of all that come at once when a use is over',
    async verify(used) {
      await used.firstUse('a', 0.01);
      const answers = new Set<boolean>();
      let firsts = 0;
      const giveUpAt = performance.now() + PATIENCE_MS;
      while (firsts === 0 && performance.now() < giveUpAt) {
        firsts = (await atOnce(20, () => used.firstUse('a', 60))).filter(Boolean).length;
        answers.add(firsts <= 1);
        await setTimeout(5);
      }
      assert.deepEqual([firsts, ...answers], [1, true]);
    },
  },
  {
    name: 'goes by the first use: what comes later neither shortens nor prolongs its time',
    async verify(used) {
      await used.firstUse('long', 60);
      await used.firstUse('long', 0.01);
      assert.equal(await isFreeInTime(used, await usedAgainInTime(used)), true);
      assert.equal(await used.firstUse('long', 60), false);
    },
  },
  {
    name: 'tells ids apart to the letter, however odd and long',
    async verify(used) {
      const ids = ['', 'plain\0', 'x'.repeat(100_000), `${'x'.repeat(100_000)}y`, ...ODD_TEXTS];
      for (const id of ids) assert.equal(await used.firstUse(id, 60), true);
      for (const id of ids) assert.equal(await used.firstUse(id, 60), false);
    },
  },
  {
    name: 'refuses a time that makes no sense, and notes nothing',
    async verify(used) {
      for (const seconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
        await assert.rejects(used.firstUse('a', seconds), RangeError);
      assert.equal(await used.firstUse('a', 60), true);
    },
  },
];
