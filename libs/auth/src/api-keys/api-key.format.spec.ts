import fc from 'fast-check';
import { ApiKeyFormat } from './api-key.format.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const format = new ApiKeyFormat('ptc', 'live');

describe('a created key', () => {
  const keys = Array.from({ length: 10_000 }, () => format.create());

  it('is taken apart into the id that it was made with', () => {
    expect(keys.map(({ key }) => format.parse(key))).toEqual(keys);
  });

  it('is unlike every other, in its id and in its secret', () => {
    const count = (part: (key: string) => string) => new Set(keys.map(({ key }) => part(key))).size;
    expect(count((key) => key.slice(0, 25))).toBe(10_000);
    expect(count((key) => key.slice(26, 69))).toBe(10_000);
    expect(keys.filter(({ key, id }) => key.includes(id, 26))).toEqual([]);
  });

  it('needs no escaping anywhere, and says whose it is', () => {
    const odd = keys.filter(
      ({ key, id }) => !/^[A-Za-z0-9_]+$/.test(key) || !key.startsWith(`ptc_live_${id}_`),
    );
    expect(odd).toEqual([]);
    expect(new Set(keys.map(({ key }) => key.length))).toEqual(new Set([75]));
  });

  it('has a secret of 256 bits: 43 digits of base 62, all equally likely', () => {
    expect(62 ** 43).toBeGreaterThan(2 ** 256);
    const digits = keys.map(({ key }) => key.slice(26, 69)).join('');
    const expected = digits.length / 62;
    const counts = [...ALPHABET].map((digit) => digits.split(digit).length - 1);
    expect(counts.reduce((sum, count) => sum + count)).toBe(digits.length);
    // Chi-square with 61 degrees of freedom: above 150 once in 100 million fair runs, 2,700 by a plain modulo.
    expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(150);
  });
});

describe('a text is no key', () => {
  const { key } = format.create();
  const position = fc.nat(key.length - 1);
  const letter = fc.oneof(
    fc.constantFrom(...ALPHABET, '_'),
    fc.string({ minLength: 1, maxLength: 2, unit: 'grapheme' }),
  );

  it('when any single letter of a key was changed', () => {
    fc.assert(
      fc.property(position, letter, (at, other) => {
        fc.pre(key[at] !== other);
        expect(format.parse(key.slice(0, at) + other + key.slice(at + 1))).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  it('when a letter is missing, or one too many', () => {
    fc.assert(
      fc.property(fc.nat(key.length), letter, (at, other) => {
        expect(format.parse(key.slice(0, at) + other + key.slice(at))).toBeUndefined();
        fc.pre(at < key.length);
        expect(format.parse(key.slice(0, at) + key.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it('when two neighbours that differ were swapped', () => {
    fc.assert(
      fc.property(fc.nat(key.length - 2), (at) => {
        fc.pre(key[at] !== key[at + 1]);
        expect(format.parse(key.slice(0, at) + key[at + 1] + key[at] + key.slice(at + 2))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['only the beginning of a key', 'ptc_live_'],
    ['a key after a space', ` ${key}`],
    ['a key before a space', `${key} `],
    ['a key before a line break', `${key}\n`],
    ['two keys', `${key},${key}`],
    ['a key in capitals', key.toUpperCase()],
    ['very long', `ptc_live_${'a'.repeat(1_000_000)}`],
  ])('when it is %s', (_, text) => {
    expect(format.parse(text)).toBeUndefined();
  });

  it.each([
    ['another environment', new ApiKeyFormat('ptc', 'test')],
    ['another service', new ApiKeyFormat('abc', 'live')],
    ['a service with a like name', new ApiKeyFormat('ptcx', 'live')],
    ['a service with the names swapped', new ApiKeyFormat('live', 'ptc')],
  ])('when it is a key of %s', (_, other) => {
    expect(format.parse(other.create().key)).toBeUndefined();
    expect(other.parse(key)).toBeUndefined();
  });

  it('when the body of another environment was put in front of a fitting secret', () => {
    expect(
      format.parse(new ApiKeyFormat('ptc', 'test').create().key.replace('_test_', '_live_')),
    ).toBeUndefined();
  });
});

it('a key of yesterday is a key today', () => {
  const key = 'ptc_live_0123456789ABCDEF_GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw2HeRjz';
  expect(format.parse(key)).toEqual({ id: '0123456789ABCDEF', key });
});
