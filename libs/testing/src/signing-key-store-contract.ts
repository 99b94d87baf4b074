import assert from 'node:assert/strict';
import type { SigningKeyStore, StoredSigningKey } from '@portcullis/auth';
import { atOnce, ODD_TEXTS, type StoreContract, vandalise } from './store-contract.js';

const keyOf = (kid: string): StoredSigningKey => ({ kid, sealed: `sealed ${kid}` });

/** Adds keys, each behind the one before it. */
async function addAll(store: SigningKeyStore, kids: readonly string[]): Promise<void> {
  for (const [index, kid] of kids.entries())
    assert.equal(await store.add(keyOf(kid), kids[index - 1] ?? null), true);
}

const kidsIn = async (store: SigningKeyStore) => (await store.list()).map(({ kid }) => kid);

/** What every {@link SigningKeyStore} promises. */
export const signingKeyStoreContract: StoreContract<SigningKeyStore> = [
  {
    name: 'is empty at first',
    async verify(store) {
      assert.deepEqual(await store.list(), []);
    },
  },
  {
    name: 'keeps keys as they were added, in that order',
    async verify(store) {
      await addAll(store, ['b', 'c', 'a']);
      assert.deepEqual(await store.list(), [keyOf('b'), keyOf('c'), keyOf('a')]);
    },
  },
  {
    name: 'adds a key only behind the newest one, and leaves everything else as it is',
    async verify(store) {
      assert.equal(await store.add(keyOf('x'), 'a'), false);
      await addAll(store, ['a', 'b']);
      for (const after of [null, 'a', 'x', 'B', '']) assert.equal(await store.add(keyOf('x'), after), false);
      assert.deepEqual(await kidsIn(store), ['a', 'b']);
    },
  },
  {
    name: 'adds exactly one of those that come at once behind the same key',
    async verify(store) {
      let after: string | null = null;
      for (const round of ['first', 'second']) {
        const behind: string | null = after;
        const added: boolean[] = await atOnce(10, (index) => store.add(keyOf(`${round} ${index}`), behind));
        assert.equal(added.filter(Boolean).length, 1);
        after = `${round} ${added.indexOf(true)}`;
        assert.equal((await kidsIn(store)).at(-1), after);
      }
      assert.equal((await store.list()).length, 2);
    },
  },
  {
    name: 'forgets the keys that are named, and no other',
    async verify(store) {
      await addAll(store, ['a', 'b', 'c', 'd']);
      await store.remove(['a', 'c', 'x']);
      await store.remove([]);
      await store.remove(['a']);
      assert.deepEqual(await kidsIn(store), ['b', 'd']);
      assert.equal(await store.add(keyOf('e'), 'd'), true);
      assert.deepEqual(await kidsIn(store), ['b', 'd', 'e']);
    },
  },
  {
    name: 'goes on behind the key before it when the newest one is forgotten',
    async verify(store) {
      await addAll(store, ['a', 'b']);
      await store.remove(['b']);
      assert.equal(await store.add(keyOf('c'), 'b'), false);
      assert.equal(await store.add(keyOf('c'), 'a'), true);
      assert.deepEqual(await kidsIn(store), ['a', 'c']);
    },
  },
  {
    name: 'replaces all keys by one, and says which are gone',
    async verify(store) {
      assert.deepEqual(await store.replaceAll(keyOf('a')), []);
      assert.equal(await store.add(keyOf('b'), 'a'), true);
      assert.deepEqual((await store.replaceAll(keyOf('c'))).toSorted(), ['a', 'b']);
      assert.deepEqual(await store.list(), [keyOf('c')]);
      assert.equal(await store.add(keyOf('d'), 'b'), false);
      assert.equal(await store.add(keyOf('d'), 'c'), true);
    },
  },
  {
    name: 'of replacements at once keeps the last one, and names each of the others as gone once',
    async verify(store) {
      const gone = (await atOnce(10, (index) => store.replaceAll(keyOf(`k${index}`)))).flat();
      const kept = await kidsIn(store);
      assert.equal(kept.length, 1);
      assert.deepEqual(
        [...gone, ...kept].toSorted(),
        Array.from({ length: 10 }, (_, index) => `k${index}`),
      );
    },
  },
  {
    name: 'takes texts to the letter, however odd',
    async verify(store) {
      await addAll(store, ODD_TEXTS);
      assert.deepEqual(await store.list(), ODD_TEXTS.map(keyOf));
      await store.remove(ODD_TEXTS.slice(1));
      assert.deepEqual(await kidsIn(store), ODD_TEXTS.slice(0, 1));
    },
  },
  {
    name: 'gives and takes copies: what callers do to their objects does not reach it',
    async verify(store) {
      const given = [keyOf('a'), keyOf('b')] as const;
      await store.replaceAll(given[0]);
      await store.add(given[1], 'a');
      vandalise(given);
      vandalise(await store.list());
      assert.deepEqual(await store.list(), [keyOf('a'), keyOf('b')]);
    },
  },
];
