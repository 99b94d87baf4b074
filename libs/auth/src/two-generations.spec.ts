import { TwoGenerations } from './two-generations.js';

const held = (cache: TwoGenerations<number>, keys: string) =>
  [...keys].filter((key) => cache.peek(key) !== undefined).join('');

it('keeps as many as were used last, and at most twice as many', () => {
  const cache = new TwoGenerations<number>(2);
  for (const [value, key] of [...'abcde'].entries()) cache.set(key, value);
  expect(held(cache, 'abcde')).toBe('cde');
  // Used once more, it outlives what came with it.
  expect(cache.get('c')).toBe(2);
  cache.set('f', 5);
  expect(held(cache, 'abcdef')).toBe('cef');
});

it('uses nothing that is only looked at', () => {
  const cache = new TwoGenerations<number>(1);
  cache.set('a', 0);
  cache.set('b', 1);
  expect(cache.peek('a')).toBe(0);
  cache.set('c', 2);
  expect(held(cache, 'abc')).toBe('bc');
});

it('makes no room for what is there', () => {
  const cache = new TwoGenerations<number>(1);
  cache.set('a', 0);
  cache.set('b', 1);
  cache.set('b', 2);
  expect(['a', 'b'].map((key) => cache.peek(key))).toEqual([0, 2]);
});

it('forgets a key in both generations', () => {
  const cache = new TwoGenerations<number>(2);
  for (const [value, key] of [...'abc'].entries()) cache.set(key, value);
  cache.get('a');
  cache.delete('a');
  expect(held(cache, 'abc')).toBe('bc');
});

it('counts each value by its size', () => {
  const cache = new TwoGenerations<readonly number[]>(4, ({ length }) => length);
  cache.set('a', [1]);
  cache.set('a', [1, 2, 3]);
  cache.set('b', [4]);
  cache.set('c', [5]);
  expect(['a', 'b', 'c'].map((key) => cache.peek(key))).toEqual([[1, 2, 3], [4], [5]]);
  cache.delete('c');
  for (const key of 'defg') cache.set(key, [6]);
  expect(['a', 'd', 'g'].map((key) => cache.peek(key))).toEqual([[1, 2, 3], [6], [6]]);
  cache.set('h', [7]);
  expect(['a', 'd', 'h'].map((key) => cache.peek(key))).toEqual([undefined, [6], [7]]);
});
