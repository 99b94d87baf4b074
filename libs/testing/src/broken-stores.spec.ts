import {
  type Ban,
  type BanStore,
  MemoryBanStore,
  MemoryRevocationStore,
  type Revocation,
  type RevocationStore,
} from '@portcullis/auth';
import { checksOf, type Defects, lossy, pause } from './broken-stores.js';
import { banStoreContract, revocationStoreContract } from './index.js';

const ALIASING = 'gives and takes copies: what callers do to their objects does not reach it';
const ODD = 'takes ids and texts to the letter, however odd';
const EMPTY = 'is empty at first';

const ban: Ban = { id: 'b0', network: '', reason: '', offence: 1, createdAt: 0, expiresAt: 0 };
const brokenBanStores: Defects<BanStore> = {
  [EMPTY]: () => ({ findLatest: async () => ban }),
  'keeps a ban as it was saved': (sound) => ({ save: (given) => sound.save({ ...given, offence: 1 }) }),
  'replaces a ban by one with the same id, all of it': (sound) => {
    const networks = new Map<string, string>();
    return {
      save: (given) => {
        const network = networks.get(given.id) ?? given.network;
        networks.set(given.id, network);
        return sound.save({ ...given, network });
      },
    };
  },
  'keeps several bans of one network': (sound) => ({
    save: (given) => sound.save({ ...given, id: given.network }),
  }),
  'removes a ban and gives it back': (sound) => ({
    remove: async (id) => (await sound.findActive(0)).find((active) => active.id === id),
  }),
  'removes a ban that has expired as well': (sound) => ({
    remove: async (id) =>
      (await sound.findActive(Date.UTC(2030, 0, 1))).some((active) => active.id === id)
        ? sound.remove(id)
        : undefined,
  }),
  'gives nothing back for a ban that is not there, or not any more': (sound) => ({
    remove: async (id) => (await sound.remove(id)) ?? ban,
  }),
  'gives the ban to exactly one of concurrent removals': (sound) => ({
    remove: async (id) => {
      const found = (await sound.findActive(0)).find((active) => active.id === id);
      await pause();
      return (await sound.remove(id)) ?? found;
    },
  }),
  'finds the newest ban of a network, in whatever order they were saved': (sound) => ({
    findLatest: async (network) =>
      (await sound.findActive(0)).findLast((active) => active.network === network),
  }),
  'finds the newest ban of a network though it has expired before an older one': (sound) => ({
    findLatest: async (network) =>
      (await sound.findActive(0))
        .filter((active) => active.network === network)
        .toSorted((one, other) => other.expiresAt - one.expiresAt)[0],
  }),
  'finds the ban of exactly this network, neither a wider nor a narrower one': (sound) => ({
    findLatest: async (network) =>
      (await sound.findActive(0)).find((active) => active.network.startsWith(network.split('/', 1)[0] ?? '')),
  }),
  'has a ban active before its expiry and not at it': (sound) => ({
    findActive: (now) => sound.findActive(now - 1),
  }),
  'gives active bans newest first, in whatever order they were saved': (sound) => ({
    findActive: async (now) => (await sound.findActive(now)).toReversed(),
  }),
  'forgets bans that expired at or before the given time, and no other': (sound) => ({
    forgetExpiredBefore: (time) => sound.forgetExpiredBefore(time - 1),
  }),
  'keeps an expired ban until it is told to forget it': (sound) => ({
    forgetExpiredBefore: () => sound.forgetExpiredBefore(Date.UTC(2030, 0, 1)),
  }),
  'keeps every one of concurrent savings': (sound) => ({
    save: lossy((given) => sound.save(given)),
  }),
  [ODD]: (sound) => ({ save: (given) => sound.save({ ...given, reason: given.reason.trim() }) }),
  [ALIASING]: (sound) => {
    const shared: Ban[] = [];
    return {
      save: async (given) => void shared.push(given),
      findActive: async () => shared,
      remove: sound.remove,
    };
  },
};

const isToken = ({ type }: Revocation) => type === 'token';
const brokenRevocationStores: Defects<RevocationStore> = {
  [EMPTY]: () => ({ findActive: async () => [{} as Revocation] }),
  'keeps revocations of tokens, sessions, users and clients as they were saved': (sound) => ({
    save: (given) =>
      sound.save(given.type === 'client' ? { ...given, issuedUntil: given.issuedUntil + 1 } : given),
  }),
  'keeps several revocations of the same': (sound) => ({
    findActive: async (now) => [
      ...new Map((await sound.findActive(now)).map((found) => [found.type, found])).values(),
    ],
  }),
  'keeps namesakes of different kinds apart, and those of two issuers': (sound) => ({
    save: (given) => sound.save({ ...given, issuer: 'https://issuer.example' }),
  }),
  'has a revocation active before its expiry and not at it': (sound) => ({
    findActive: (now) => sound.findActive(now - 1),
  }),
  'forgets revocations that expired at or before the given time, and no other': () => ({
    forgetExpiredBefore: async () => {},
  }),
  'keeps an expired revocation until it is told to forget it': (sound) => ({
    findActive: async (now) => {
      await sound.forgetExpiredBefore(now);
      return sound.findActive(now);
    },
  }),
  'keeps every one of concurrent savings': (sound) => ({
    save: lossy((given) => sound.save(given)),
  }),
  [ODD]: (sound) => ({ findActive: async (now) => (await sound.findActive(now)).filter(isToken) }),
  [ALIASING]: () => {
    const shared: Revocation[] = [];
    return { save: async (given) => void shared.push(given), findActive: async () => shared };
  },
};

describe('the contract of ban stores', () => {
  const checks = checksOf(() => new MemoryBanStore(), banStoreContract, brokenBanStores);
  it.each(checks)('$name', ({ verify }) => verify());
});

describe('the contract of revocation stores', () => {
  const checks = checksOf(() => new MemoryRevocationStore(), revocationStoreContract, brokenRevocationStores);
  it.each(checks)('$name', ({ verify }) => verify());
});
