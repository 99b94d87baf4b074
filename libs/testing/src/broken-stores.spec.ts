import { MemoryRevocationStore, type Revocation, type RevocationStore } from '@portcullis/auth';
import { checksOf, type Defects, lossy } from './broken-stores.js';
import { revocationStoreContract } from './index.js';

const ALIASING = 'gives and takes copies: what callers do to their objects does not reach it';
const ODD = 'takes ids and texts to the letter, however odd';
const EMPTY = 'is empty at first';

const isToken = ({ type }: Revocation) => type === 'token';
const brokenRevocationStores: Defects<RevocationStore> = {
  [EMPTY]: () => ({ findActive: async () => [{} as Revocation] }),
  'keeps revocations of tokens, sessions, users, clients and issuers as they were saved': (sound) => ({
    save: (given) =>
      sound.save(
        given.map((each) => (each.type === 'issuer' ? { ...each, issuedUntil: each.issuedUntil + 1 } : each)),
      ),
  }),
  'keeps several revocations of the same': (sound) => ({
    findActive: async (query) => [
      ...new Map((await sound.findActive(query)).map((found) => [found.type, found])).values(),
    ],
  }),
  'keeps namesakes of different kinds apart, and those of two issuers': (sound) => ({
    save: (given) => sound.save(given.map((each) => ({ ...each, issuer: 'https://issuer.example' }))),
  }),
  'has a revocation active before its expiry and not at it': (sound) => ({
    findActive: (query) => sound.findActive({ ...query, activeAt: query.activeAt - 1 }),
  }),
  'gives them page by page, those that end first first, and those of one millisecond by their ids': (
    sound,
  ) => ({
    // As a store does that looks at the time alone.
    findActive: async (query) =>
      (
        await sound.findActive({
          activeAt: Math.max(query.activeAt, query.after?.expiresAt ?? 0),
          limit: 1_000,
        })
      ).slice(0, query.limit),
  }),
  'finds those that were made at or after a time, in that order, page by page, also when they are over': (
    sound,
  ) => ({
    // As a store does that has only the index of those in force.
    findSince: async (time, limit) =>
      (await sound.findActive({ activeAt: 0, limit: 1_000 }))
        .filter(({ revokedAt }) => revokedAt >= time)
        .slice(0, limit),
  }),
  'keeps several at once, and none where there are none': (sound) => ({
    save: async (given) => sound.save(given.slice(0, 1)),
  }),
  'forgets revocations that expired at or before the given time, and no other': () => ({
    forgetExpiredBefore: async () => {},
  }),
  'keeps an expired revocation until it is told to forget it': (sound) => ({
    findActive: async (query) => {
      await sound.forgetExpiredBefore(query.activeAt);
      return sound.findActive(query);
    },
  }),
  'keeps every one of concurrent savings': (sound) => ({
    save: lossy((given) => sound.save(given)),
  }),
  [ODD]: (sound) => ({ findActive: async (query) => (await sound.findActive(query)).filter(isToken) }),
  [ALIASING]: () => {
    const shared: Revocation[] = [];
    return { save: async (given) => void shared.push(...given), findActive: async () => shared };
  },
};

describe('the contract of revocation stores', () => {
  const checks = checksOf(() => new MemoryRevocationStore(), revocationStoreContract, brokenRevocationStores);
  it.each(checks)('$name', ({ verify }) => verify());
});
