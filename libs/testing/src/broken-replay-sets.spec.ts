import { MemoryReplaySet, type ReplaySet } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { replaySetContract } from './index.js';

/** As whatever looks first and notes later. */
function hasty(isUsed: (id: string) => boolean, note: (id: string) => void): Partial<ReplaySet> {
  return {
    firstUse: async (id) => {
      const isFirst = !isUsed(id);
      await pause();
      note(id);
      return isFirst;
    },
  };
}

function hastySet(): Partial<ReplaySet> {
  const used = new Set<string>();
  return hasty(
    (id) => used.has(id),
    (id) => used.add(id),
  );
}

const broken: Defects<ReplaySet> = {
  'knows the first use of an id from all others': [
    () => ({ firstUse: async () => true }),
    () => ({ firstUse: async () => false }),
    (sound) => ({ firstUse: (id, seconds) => sound.firstUse(`${id} ${seconds}`, seconds) }),
  ],
  'knows one first of all that come at once': hastySet,
  'knows the first one of each of many ids that come at once': (sound) => {
    let isBusy = false;
    return {
      firstUse: async (id, seconds) => {
        if (isBusy) return false;
        isBusy = true;
        await pause();
        isBusy = false;
        return sound.firstUse(id, seconds);
      },
    };
  },
  'takes a use back, and no other': [
    () => ({ release: async () => {} }),
    (sound) => ({
      release: async () => {
        for (const id of ['a', 'b']) await sound.release(id);
      },
    }),
  ],
  'forgets a use when its time is over, and not before': [
    (sound) => ({ firstUse: (id, seconds) => sound.firstUse(id, Math.min(seconds, 0.01)) }),
    () => {
      let last: string | undefined;
      return {
        firstUse: async (id) => {
          const isFirst = id !== last;
          last = id;
          return isFirst;
        },
      };
    },
  ],
  'knows one first of all that come at once when a use is over': () => {
    const ends = new Map<string, number>();
    return {
      firstUse: async (id, seconds) => {
        const now = performance.now();
        const end = ends.get(id);
        if (end !== undefined && end > now) return false;
        if (end !== undefined) await pause();
        ends.set(id, now + seconds * 1_000);
        return true;
      },
    };
  },
  'goes by the first use: what comes later neither shortens nor prolongs its time': () => {
    const ends = new Map<string, number>();
    return {
      firstUse: async (id, seconds) => {
        const now = performance.now();
        const isFirst = (ends.get(id) ?? 0) <= now;
        ends.set(id, now + seconds * 1_000);
        return isFirst;
      },
    };
  },
  'tells ids apart to the letter, however odd and long': [
    (sound) => ({ firstUse: (id, seconds) => sound.firstUse(id.toLowerCase(), seconds) }),
    (sound) => ({ firstUse: (id, seconds) => sound.firstUse(id.slice(0, 1_000), seconds) }),
  ],
  'refuses a time that makes no sense, and notes nothing': [
    (sound) => ({ firstUse: (id, seconds) => sound.firstUse(id, seconds > 0 ? seconds : 60) }),
    (sound) => ({
      firstUse: async (id, seconds) => {
        const isFirst = await sound.firstUse(id, 60);
        if (!(seconds > 0 && Number.isFinite(seconds))) throw new RangeError('no');
        return isFirst;
      },
    }),
  ],
};

describe('the contract of replay sets', () => {
  const checks = checksOf(() => new MemoryReplaySet(), replaySetContract, broken);
  // The defects that never forget are waited for: side by side.
  it.concurrent.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
