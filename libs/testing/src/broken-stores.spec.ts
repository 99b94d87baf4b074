import { AssertionError } from 'node:assert';
import {
  type ApiKeyRecord,
  type ApiKeyStore,
  type Ban,
  type BanStore,
  MemoryApiKeyStore,
  MemoryBanStore,
  MemoryRevocationStore,
  type Revocation,
  type RevocationStore,
} from '@portcullis/auth';
import {
  apiKeyStoreContract,
  banStoreContract,
  revocationStoreContract,
  type StoreContract,
} from './index.js';

/** A store, the defects that are put into it, and the one promise that each of them breaks at least. */
type Defects<Store> = Record<string, (sound: Store) => Partial<Store>>;

async function brokenPromises<Store extends object>(
  sound: () => Store,
  defect: (sound: Store) => Partial<Store>,
  contract: StoreContract<Store>,
): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, verify } of contract) {
    const store = sound();
    const changes = defect(store);
    const proxy = new Proxy(store, {
      get(_, method) {
        const operation: unknown = Reflect.get(method in changes ? changes : store, method);
        return typeof operation === 'function' ? operation.bind(store) : operation;
      },
    });
    await verify(proxy).catch((error: unknown) => {
      if (!(error instanceof AssertionError)) throw error;
      broken.push(name);
    });
  }
  return broken;
}

/** Every defect breaks the promise that it is named after; together they break every promise of the contract. */
function catches<Store extends object>(
  Type: new () => Store,
  contract: StoreContract<Store>,
  defects: Defects<Store>,
) {
  describe(`the contract of ${Type.name}`, () => {
    it.each(Object.keys(defects))('catches a store that breaks: %s', async (name) => {
      const defect = defects[name] as Defects<Store>[string];
      expect(await brokenPromises(() => new Type(), defect, contract)).toContain(name);
    });

    it('has no case that can not fail', () => {
      expect(contract.map(({ name }) => name).filter((name) => !(name in defects))).toEqual([]);
    });
  });
}

/** Lets every call that was made at the same time get this far before one goes on. */
const pause = async () => {
  for (let turn = 0; turn < 50; turn++) await null;
};

/** A write that loses what comes while it is under way, as reading, changing and writing back does. */
function lossy<T>(write: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let writing = false;
  return async (value) => {
    if (writing) return;
    writing = true;
    await pause();
    writing = false;
    await write(value);
  };
}

const ALIASING = 'gives and takes copies: what callers do to their objects does not reach it';
const ODD = 'takes ids and texts to the letter, however odd';
const EMPTY = 'is empty at first';

const key = {
  id: 'k0',
  appId: '',
  name: '',
  scopes: [],
  hash: '',
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
};
catches<ApiKeyStore>(MemoryApiKeyStore, apiKeyStoreContract, {
  [EMPTY]: () => ({ list: async () => [key] }),
  'finds a key as it was inserted, and no other': (sound) => ({
    findById: async (id) => (await sound.findById(id)) ?? (await sound.list())[0],
  }),
  'keeps scopes in their order, and an expiry to the millisecond or null': (sound) => ({
    insert: (record) => sound.insert({ ...record, expiresAt: record.expiresAt ?? 0 }),
  }),
  'lists every key as it was inserted, also those that are expired or revoked': (sound) => ({
    list: async () => (await sound.list()).filter(({ revokedAt }) => revokedAt === null),
  }),
  'lists the newest first, in whatever order they were inserted': (sound) => ({
    list: async () => (await sound.list()).toSorted((one, other) => one.createdAt - other.createdAt),
  }),
  'revokes one key and changes nothing else of it': (sound) => ({
    revoke: async (_, at) =>
      (await Promise.all((await sound.list()).map(({ id }) => sound.revoke(id, at)))).includes(true),
  }),
  'revokes a key once: the second time is false and leaves the first time of it standing': (sound) => ({
    revoke: async (id, at) => {
      const record = await sound.findById(id);
      if (record) await sound.insert({ ...record, revokedAt: at });
      return record?.revokedAt === null;
    },
  }),
  'answers false to the revocation of a key that is not there, and makes none': (sound) => ({
    revoke: async (id, at) => (await sound.revoke(id, at)) || (await sound.findById(id)) === undefined,
  }),
  'answers true to exactly one of concurrent revocations, and keeps that one': (sound) => ({
    revoke: async (id, at) => {
      const record = await sound.findById(id);
      await pause();
      return (await sound.revoke(id, at)) || record?.revokedAt === null;
    },
  }),
  'keeps every one of concurrent insertions': (sound) => ({
    insert: lossy((record) => sound.insert(record)),
  }),
  [ODD]: (sound) => ({
    insert: (record) => sound.insert({ ...record, id: record.id.normalize() }),
    findById: (id) => sound.findById(id.normalize()),
  }),
  [ALIASING]: () => {
    const shared: ApiKeyRecord[] = [];
    return {
      insert: async (record) => void shared.push(record),
      list: async () => shared,
      findById: async () => shared[0],
    };
  },
});

const ban: Ban = { id: 'b0', network: '', reason: '', offence: 1, createdAt: 0, expiresAt: 0 };
catches<BanStore>(MemoryBanStore, banStoreContract, {
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
});

const isToken = ({ type }: Revocation) => type === 'token';
catches<RevocationStore>(MemoryRevocationStore, revocationStoreContract, {
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
});
