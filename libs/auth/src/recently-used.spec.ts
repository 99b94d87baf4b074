import { RecentlyUsed } from './recently-used.js';

it('keeps as many entries as it was told, and lets go of the one unused for longest', () => {
  const cache = new RecentlyUsed<number>(3);
  for (const [value, key] of ['a', 'b', 'c'].entries()) cache.set(key, value);
  cache.get('a');
  cache.set('c', 9);
  cache.set('d', 3);
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([0, undefined, 9, 3]);
  expect(cache.size).toBe(3);
});

it('may have room for a single one', () => {
  const cache = new RecentlyUsed<number>(1);
  cache.set('a', 1);
  cache.set('b', 2);
  expect([...cache.entries()]).toEqual([['b', 2]]);
});
