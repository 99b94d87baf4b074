import {
  type KnownRevocation,
  MemoryRevocationStore,
  type Revocation,
  type RevocationPage,
  type RevocationStore,
} from '@portcullis/auth';
import { checksOf, type Defects, lossy } from './broken-stores.js';
import { revocationStoreContract } from './index.js';

const ALIASING = 'gives and takes copies: what callers do to their objects does not reach it';
const ODD = 'takes ids and texts to the letter, however odd';
const EMPTY = 'is empty at first';

const isToken = ({ type }: KnownRevocation) => type === 'token';
type Digested = (page: readonly KnownRevocation[]) => unknown;
const pageOf = (page: readonly KnownRevocation[], digested: Digested = (whole) => whole): RevocationPage => ({
  digest: JSON.stringify(digested(page)),
  revocations: () => page,
});
/** Pages that are the right ones, with a digest of what is given. */
function pagesOf(sound: RevocationStore, digested: Digested): Partial<RevocationStore> {
  return {
    async findPage(limit, after, until) {
      const found = await sound.findSince(0, limit, after);
      const end =
        until &&
        found.findIndex(
          (each) =>
            each.revokedAt > until.revokedAt || (each.revokedAt === until.revokedAt && each.id > until.id),
        );
      return pageOf(end === undefined || end === -1 ? found : found.slice(0, end), digested);
    },
  };
}

const brokenRevocationStores: Defects<RevocationStore> = {
  [EMPTY]: () => ({ findSince: async () => [{} as Revocation] }),
  'keeps revocations of tokens, sessions, users, logins, clients and issuers as they were saved': (
    sound,
  ) => ({
    save: (given) =>
      sound.save(
        given.map((each) => (each.type === 'issuer' ? { ...each, issuedUntil: each.issuedUntil + 1 } : each)),
      ),
  }),
  'keeps several revocations of the same': (sound) => ({
    findSince: async (...query) => [
      ...new Map((await sound.findSince(...query)).map((found) => [found.type, found])).values(),
    ],
  }),
  'keeps namesakes of different kinds apart, and those of two issuers': (sound) => ({
    save: (given) => sound.save(given.map((each) => ({ ...each, issuer: 'https://issuer.example' }))),
  }),
  'finds those that were made at or after a time, in that order, page by page, also when they are over': (
    sound,
  ) => ({
    // As a store does that looks at the time alone.
    findSince: (time, limit, after) => sound.findSince(after?.revokedAt ?? time, limit),
  }),
  'gives pages, if it can, whose digest is that of what is in them': [
    // By their ids alone.
    (sound) => pagesOf(sound, (page) => page.map(({ id }) => id)),
    // By how many there are, as one that counts them.
    (sound) => pagesOf(sound, ({ length }) => length),
    // Whatever is known is there.
    (sound) => ({
      findPage: async (limit, after, until, known) =>
        known === undefined
          ? ((await pagesOf(sound, (page) => page).findPage?.(limit, after, until)) as RevocationPage)
          : { digest: known, revocations: () => [] },
    }),
    // What is not known is not there.
    (sound) => ({
      async findPage(limit, after, until, known) {
        const page = await pagesOf(sound, (whole) => whole).findPage?.(limit, after, until);
        return {
          digest: '',
          ...page,
          revocations: () => (known === undefined ? (page?.revocations() ?? []) : []),
        };
      },
    }),
    // With what comes before.
    (sound) => ({ findPage: async (limit, after) => pageOf(await sound.findSince(0, limit, after)) }),
  ],
  'keeps several at once, and none where there are none': (sound) => ({
    save: async (given) => sound.save(given.slice(0, 1)),
  }),
  'forgets revocations that expired at or before the given time, and no other': () => ({
    forgetExpiredBefore: async () => {},
  }),
  'keeps an expired revocation until it is told to forget it': (sound) => ({
    findSince: async (...query) => {
      await sound.forgetExpiredBefore(Date.now());
      return sound.findSince(...query);
    },
  }),
  'keeps every one of concurrent savings': (sound) => ({
    save: lossy((given) => sound.save(given)),
  }),
  [ODD]: (sound) => ({ findSince: async (...query) => (await sound.findSince(...query)).filter(isToken) }),
  [ALIASING]: () => {
    const shared: Revocation[] = [];
    return { save: async (given) => void shared.push(...given), findSince: async () => shared };
  },
};

describe('the contract of revocation stores', () => {
  const checks = checksOf<RevocationStore>(
    () => new MemoryRevocationStore(),
    revocationStoreContract,
    brokenRevocationStores,
  );
  it.each(checks)('$name', ({ verify }) => verify());
});
