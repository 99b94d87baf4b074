import { hashOf } from './network-shard.js';

/** Words that differ in their first seven bits only. */
const WORDS = Array.from({ length: 128 }, (_, index) => index << 25);

it.each([
  ['first and the second', (one: number, other: number) => hashOf(one, other, 0, 0)],
  ['first and the last', (one: number, other: number) => hashOf(one, 0, 0, other)],
  ['second and the third', (one: number, other: number) => hashOf(1, one, other, 0)],
])('networks that somebody has chosen to differ in the first bits of the %s word meet nowhere', (_, hash) => {
  const hashes = WORDS.flatMap((one) => WORDS.map((other) => hash(one, other)));
  expect(new Set(hashes).size).toBeGreaterThan(0.99 * WORDS.length ** 2);
});
