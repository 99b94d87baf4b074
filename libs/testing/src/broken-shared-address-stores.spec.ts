import { MemorySharedAddressStore, type SharedAddress, type SharedAddressStore } from '@portcullis/auth';
import { checksOf, type Defects, lossy } from './broken-stores.js';
import { sharedAddressStoreContract } from './index.js';

const broken: Defects<SharedAddressStore> = {
  'lists what was seen last first, and at one time by ids downwards, from a time on and so many': [
    (sound) => ({ list: async (query) => (await sound.list(query)).toReversed() }),
    (sound) => ({ list: ({ limit }) => sound.list({ since: 0, limit }) }),
    (sound) => ({ list: (query) => sound.list({ ...query, since: query.since + 1 }) }),
    (sound) => ({ list: (query) => sound.list({ ...query, limit: 100 }) }),
  ],
  'goes on behind any place, also one that is not there': [
    (sound) => ({
      list: ({ since, limit }) => sound.list({ since, limit }).then((page) => page.slice(0, 9)),
    }),
    // As a store does that looks at the time alone.
    (sound) => ({
      list: async ({ after, ...query }) => {
        const found = await sound.list({ ...query, limit: 10_000 });
        return found
          .filter(({ seenAt }) => after === undefined || seenAt < after.seenAt)
          .slice(0, query.limit);
      },
    }),
  ],
  'has of one id what was seen last, in whatever order it comes': (sound) => {
    const kept = new Map<string, SharedAddress>();
    return {
      save: async (given) => {
        for (const seen of given) kept.set(seen.id, seen);
        await sound.prune(Number.POSITIVE_INFINITY, 0);
        await sound.save([...kept.values()]);
      },
    };
  },
  'keeps what many write at the same time': (sound) => ({ save: lossy((given) => sound.save(given)) }),
  'keeps odd texts apart, and hands out what nobody can change it by': [
    (sound) => ({
      save: (given) => sound.save(given.map(({ id, seenAt }) => ({ id: id.toLowerCase(), seenAt }))),
    }),
    () => {
      const shared: SharedAddress[] = [];
      return { save: async (given) => void shared.push(...given), list: async () => shared };
    },
  ],
  'forgets what was seen before a time, and of the rest the oldest beyond so many': [
    () => ({ prune: async () => {} }),
    (sound) => ({ prune: (before) => sound.prune(before, Number.POSITIVE_INFINITY) }),
    (sound) => ({ prune: (before, max) => sound.prune(before + 1, max) }),
    (sound) => ({ prune: (before, max) => sound.prune(before, max - 1) }),
  ],
};

describe('the contract of stores of shared addresses', () => {
  const checks = checksOf(() => new MemorySharedAddressStore(), sharedAddressStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify());
});
