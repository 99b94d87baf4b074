import assert from 'node:assert/strict';
import type { Handheld, HandheldStore } from './depot/handheld.store.js';

const HANDHELD: Handheld = { id: 'h1', depot: 'bern', tokenHash: 'abc', isBlocked: false };

/** What every store of handhelds promises; each promise by its name, for whatever runs tests. */
export const HANDHELD_STORE_CONTRACT: Readonly<Record<string, (store: HandheldStore) => Promise<void>>> = {
  async 'keeps a handheld as it is'(store) {
    await store.insert(HANDHELD);
    assert.deepEqual(await store.find('h1'), HANDHELD);
    assert.equal(await store.find('h2'), undefined);
  },
  async 'keeps the first of two with one id'(store) {
    await store.insert(HANDHELD);
    await assert.rejects(store.insert({ ...HANDHELD, depot: 'basel' }));
    assert.deepEqual(await store.find('h1'), HANDHELD);
  },
  async 'blocks for ever'(store) {
    await store.insert(HANDHELD);
    await store.block('h1');
    assert.deepEqual(await store.find('h1'), { ...HANDHELD, isBlocked: true });
    assert.equal(await store.block('h2'), false);
  },
  async 'tells one of a hundred that it was the one'(store) {
    await store.insert(HANDHELD);
    const answers = await Promise.all(Array.from({ length: 100 }, () => store.block('h1')));
    assert.equal(answers.filter(Boolean).length, 1);
  },
};
