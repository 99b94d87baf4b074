import { type AccountLinkRecord, type AccountLinkStore, MemoryAccountLinkStore } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { accountLinkStoreContract } from './index.js';

/** Looks first, and inserts then. */
const lookingFirst =
  (isTaken: (link: AccountLinkRecord, kept: AccountLinkRecord) => boolean) =>
  (): Partial<AccountLinkStore> => {
    const kept: AccountLinkRecord[] = [];
    return {
      insert: async (link) => {
        const taken = kept.some((each) => isTaken(link, each));
        await pause();
        if (!taken) kept.push(link);
        return !taken;
      },
      find: async () => kept[0],
      list: async () => kept,
    };
  };

const broken: Defects<AccountLinkStore> = {
  'keeps links as they were inserted, and finds them by whom they are about': [
    (sound) => ({ insert: (link) => sound.insert({ ...link, name: link.name ?? '' }) }),
    (sound) => ({ insert: (link) => sound.insert({ ...link, lastUsedAt: null }) }),
    (sound) => ({ find: (_, upstream) => sound.find('https://issuer.example', upstream) }),
    (sound) => ({ find: (issuer, { iss }) => sound.find(issuer, { iss, sub: 'a' }) }),
    (sound) => ({ find: (issuer, { iss, sub }) => sound.find(issuer, { iss: iss.replace(/\/$/, ''), sub }) }),
  ],
  'keeps odd texts apart and as they are': (sound) => ({
    insert: (link) => sound.insert({ ...link, subject: link.subject.trim() }),
  }),
  'hands out what nobody can change it by': () => {
    const kept: AccountLinkRecord[] = [];
    return {
      insert: async (link) => kept.push(structuredClone(link)) > 0,
      find: async () => kept[0],
      list: async () => [...kept],
    };
  },
  'links somebody elsewhere to one account of an app, and an account to one of each provider': [
    (sound) => ({ insert: async (link) => (await sound.insert(link)) || link.subject === 'bob' }),
    (sound) => ({
      insert: async (link) => {
        if (link.subject === 'ada' && link.provider === 'idp') await sound.remove(link, 'idp', []);
        return sound.insert(link);
      },
    }),
  ],
  'lets exactly one of many link somebody at the same time': lookingFirst(
    ({ upstream }, kept) => upstream.sub === kept.upstream.sub,
  ),
  'lets exactly one of many link an account at the same time': lookingFirst(
    ({ subject }, kept) => subject === kept.subject,
  ),
  'lists those of one account, oldest first, then by name': [
    (sound) => ({ list: async (owner) => (await sound.list(owner)).toReversed() }),
    (sound) => ({
      list: async (owner) =>
        (await sound.list(owner)).toSorted(
          (one, other) => one.createdAt - other.createdAt || (one.provider < other.provider ? 1 : -1),
        ),
    }),
  ],
  'notes the latest use, of this link alone': [
    () => ({ noteUse: async () => {} }),
    (sound) => ({
      noteUse: async (owner, provider, at) => {
        const link = (await sound.list(owner)).find((each) => each.provider === provider);
        if (link === undefined) return;
        await sound.remove(owner, provider, []);
        await sound.insert({ ...link, lastUsedAt: at });
      },
    }),
    (sound) => ({
      noteUse: async (owner, _, at) => {
        for (const { provider } of await sound.list(owner)) await sound.noteUse(owner, provider, at);
      },
    }),
  ],
  'removes a link once, and says which': [
    (sound) => ({
      remove: async (owner, provider, kept) => {
        const [first] = await sound.list(owner);
        return (await sound.remove(owner, provider, kept)) ?? first;
      },
    }),
    (sound) => ({ remove: async (owner) => (await sound.list(owner))[0] }),
  ],
  'keeps the last one of the providers of which the account has to keep one': [
    (sound) => ({ remove: (owner, provider) => sound.remove(owner, provider, []) }),
    (sound) => ({
      remove: async (owner, provider, kept) =>
        (await sound.list(owner)).length === 1 && kept.length > 0
          ? undefined
          : sound.remove(owner, provider, []),
    }),
  ],
  'keeps one where all are removed at the same time': (sound) => ({
    remove: async (owner, provider) => {
      const links = await sound.list(owner);
      await pause();
      return links.length === 1 ? undefined : sound.remove(owner, provider, []);
    },
  }),
};

describe('the contract of account link stores', () => {
  const checks = checksOf(() => new MemoryAccountLinkStore(), accountLinkStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify(), 30_000);
});
