import { MemorySigningKeyStore, type SigningKeyStore, type StoredSigningKey } from '@portcullis/auth';
import { checksOf, type Defects, pause } from './broken-stores.js';
import { signingKeyStoreContract } from './index.js';

const broken: Defects<SigningKeyStore> = {
  'is empty at first': () => ({ list: async () => [{ kid: 'a', sealed: 'sealed' }] }),
  'keeps keys as they were added, in that order': [
    (sound) => ({ list: async () => (await sound.list()).toReversed() }),
    (sound) => ({ list: async () => (await sound.list()).toSorted((a, b) => (a.kid < b.kid ? -1 : 1)) }),
    (sound) => ({ add: ({ kid }, after) => sound.add({ kid, sealed: kid }, after) }),
  ],
  'adds a key only behind the newest one, and leaves everything else as it is': [
    (sound) => ({ add: async (key) => sound.add(key, (await sound.list()).at(-1)?.kid ?? null) }),
    (sound) => ({
      add: async (key, after) => {
        const keys = await sound.list();
        if (!keys.some(({ kid }) => kid === after)) return sound.add(key, after);
        return sound.add(key, keys.at(-1)?.kid ?? null);
      },
    }),
    (sound) => ({
      add: async (key, after) =>
        sound.add(key, after === null ? ((await sound.list()).at(-1)?.kid ?? null) : after),
    }),
  ],
  'adds exactly one of those that come at once behind the same key': (sound) => ({
    add: async (key, after) => {
      const newest = (await sound.list()).at(-1)?.kid ?? null;
      if (newest !== after) return false;
      await pause();
      while (!(await sound.add(key, (await sound.list()).at(-1)?.kid ?? null)));
      return true;
    },
  }),
  'forgets the keys that are named, and no other': [
    () => ({ remove: async () => {} }),
    (sound) => ({ remove: ([first = '']) => sound.remove([first]) }),
    (sound) => ({
      remove: async (kids) => {
        const keys = await sound.list();
        const last = Math.max(...kids.map((kid) => keys.findIndex((key) => key.kid === kid)));
        await sound.remove(keys.slice(0, last + 1).map(({ kid }) => kid));
      },
    }),
  ],
  'goes on behind the key before it when the newest one is forgotten': (sound) => {
    let newest: string | null = null;
    return {
      add: async (key, after) => {
        if (after !== newest) return false;
        newest = key.kid;
        return sound.add(key, (await sound.list()).at(-1)?.kid ?? null);
      },
    };
  },
  'replaces all keys by one, and says which are gone': [
    (sound) => ({ replaceAll: async (key) => (await sound.replaceAll(key)).slice(0, 1) }),
    (sound) => ({ replaceAll: async (key) => [...(await sound.replaceAll(key)), key.kid] }),
    (sound) => ({
      replaceAll: async (key) => {
        const keys = await sound.list();
        await sound.add(key, keys.at(-1)?.kid ?? null);
        return keys.map(({ kid }) => kid);
      },
    }),
  ],
  'of replacements at once keeps the last one, and names each of the others as gone once': (sound) => ({
    replaceAll: async (key) => {
      const kids = (await sound.list()).map(({ kid }) => kid);
      await pause();
      await sound.replaceAll(key);
      return kids;
    },
  }),
  'takes texts to the letter, however odd': [
    (sound) => ({ add: ({ kid, sealed }, after) => sound.add({ kid, sealed: sealed.trim() }, after) }),
    (sound) => ({
      remove: async (kids) => {
        const folded = kids.map((kid) => kid.toLowerCase());
        const found = (await sound.list()).filter(({ kid }) => folded.includes(kid.toLowerCase()));
        await sound.remove(found.map(({ kid }) => kid));
      },
    }),
  ],
  'gives and takes copies: what callers do to their objects does not reach it': () => {
    const shared: StoredSigningKey[] = [];
    return {
      list: async () => shared,
      add: async (key) => shared.push(key) > 0,
      replaceAll: async (key) => {
        shared.splice(0, shared.length, key);
        return [];
      },
    };
  },
};

describe('the contract of signing key stores', () => {
  const checks = checksOf(() => new MemorySigningKeyStore(), signingKeyStoreContract, broken);
  it.each(checks)('$name', ({ verify }) => verify());
});
