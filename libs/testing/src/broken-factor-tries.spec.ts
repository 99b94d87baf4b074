import { type FactorStore, MemoryFactorStore } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { factorTriesContract } from './factor-tries-contract.js';

/** Counts when the try is over. */
function countingAfterwards(sound: FactorStore): Partial<FactorStore> {
  const waits = new Map<string, number>();
  return {
    beginTry: async (tries, limits, at) => {
      const next = waits.get(tries.subject) ?? 0;
      await pause();
      if (next > at) return next - at;
      await sound.beginTry(tries, limits, at);
      const wait = await sound.beginTry(tries, { ...limits, free: Number.POSITIVE_INFINITY }, at);
      if (wait > 0) waits.set(tries.subject, at + wait);
      return 0;
    },
  };
}

const broken: Defects<FactorStore> = {
  'lets some begin at once, and has each further one wait twice as long, up to the longest delay': [
    (sound) => ({ beginTry: (tries, limits, at) => sound.beginTry(tries, { ...limits, free: 4 }, at) }),
    (sound) => ({
      beginTry: (tries, limits, at) =>
        sound.beginTry(tries, { ...limits, longestDelayMs: Number.POSITIVE_INFINITY }, at),
    }),
    (sound) => ({
      beginTry: (tries, limits, at) =>
        sound.beginTry(tries, { ...limits, longestDelayMs: limits.firstDelayMs }, at),
    }),
    (sound) => ({ beginTry: async (...begun) => Math.min(1, await sound.beginTry(...begun)) }),
  ],
  'counts no try that has to wait': (sound) => {
    let last = 0;
    return {
      beginTry: async (tries, limits, at) => {
        const wait = await sound.beginTry(tries, limits, at);
        if (wait > 0) last = at;
        return wait === 0 && at - last < limits.firstDelayMs ? limits.firstDelayMs : wait;
      },
    };
  },
  'lets no more of many begin at the same time than may': countingAfterwards,
  'has the first one begin, whatever the limits are': [
    (sound) => ({
      beginTry: async (tries, limits, at) =>
        limits.free === 0 ? limits.firstDelayMs : sound.beginTry(tries, limits, at),
    }),
    (sound) => ({
      beginTry: async (tries, limits, at) => (await sound.beginTry(tries, limits, at)) && limits.firstDelayMs,
    }),
  ],
  'counts those of each user, issuer and kind by themselves': [
    (sound) => ({ beginTry: (tries, ...more) => sound.beginTry({ ...tries, kind: '' }, ...more) }),
    (sound) => ({ beginTry: (tries, ...more) => sound.beginTry({ ...tries, issuer: '' }, ...more) }),
    (sound) => ({ beginTry: (tries, ...more) => sound.beginTry({ ...tries, subject: '' }, ...more) }),
  ],
  'forgets the tries of one who has proven themselves, and no other’s': [
    () => ({ forgetTries: async () => {} }),
    (sound) => ({
      forgetTries: async (tries) => {
        for (const subject of ['ada', 'bob']) await sound.forgetTries({ ...tries, subject });
      },
    }),
  ],
};

describe('the contract of tries', () => {
  const checks = checksOf(() => new MemoryFactorStore(), factorTriesContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
