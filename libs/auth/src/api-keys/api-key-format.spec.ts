import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { ApiKeyFormat, apiKeyPattern, findApiKeys, MAX_API_KEY_LENGTH, newKeyId } from './api-key-format.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** A key as it was made in an earlier version, so with a checksum that is known to be right. */
const OLD_KEY = 'ptc_live_0123456789ABCDEF_GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw2HeRjz';
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
        return format.parse(key.slice(0, at) + other + key.slice(at + 1)) === undefined;
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
  expect(format.parse(OLD_KEY)).toEqual({ id: '0123456789ABCDEF', key: OLD_KEY });
});

it('no key is longer than the longest', () => {
  const name = 'a'.repeat(16);
  expect(new ApiKeyFormat(name, name).create().key).toHaveLength(MAX_API_KEY_LENGTH);
});

it('an id alone has 16 letters and digits', () => {
  expect(newKeyId()).toMatch(/^[0-9A-Za-z]{16}$/);
  expect(new Set(Array.from({ length: 1_000 }, newKeyId)).size).toBe(1_000);
});

describe('what a text says of itself', () => {
  it('is that it is a key of this service, of whatever environment, by its beginning', () => {
    expect(
      ['ptc_', 'ptc_x', new ApiKeyFormat('ptc', 'test').create().key].map((t) => format.recognises(t)),
    ).toEqual([true, true, true]);
  });

  it.each(['', 'ptc', 'ptcx_live_1', 'PTC_live_1', ' ptc_live_1', 'xptc_live_1', 'eyJhbGciOiJub25lIn0.e30.'])(
    'is not that where it is %j',
    (text) => {
      expect(format.recognises(text)).toBe(false);
    },
  );

  it('is an id where a key has its id, whatever else is wrong with it', () => {
    expect(format.idIn(OLD_KEY)).toBe('0123456789ABCDEF');
    expect(format.idIn(`${OLD_KEY.slice(0, -1)}!`)).toBe('0123456789ABCDEF');
    expect(format.idIn('ptc_live_0123')).toBe('0123');
    expect(format.idIn('')).toBe('');
  });
});

describe('the pattern of keys', () => {
  const keys = Array.from({ length: 100 }, () => format.create().key);

  it.each([
    ['a text', (key: string) => `the key is ${key}, keep it`],
    ['a URL', (key: string) => `https://api.example/parcels?api_key=${key}&page=2#top`],
    ['the path of a URL', (key: string) => `https://api.example/${key}/parcels`],
    ['JSON', (key: string) => JSON.stringify({ key, nested: [key] })],
    ['a shell script', (key: string) => `export KEY="${key}"\ncurl -H 'X-API-Key: ${key}'`],
    ['lines with carriage returns', (key: string) => `${key}\r\n${key}\r\n`],
  ])('finds exactly them in %s', (_, around) => {
    for (const key of keys) {
      const found = around(key).match(apiKeyPattern('ptc', 'live'));
      expect(new Set(found)).toEqual(new Set([key]));
      expect(around(key).match(apiKeyPattern())).toEqual(found);
    }
  });

  it('finds keys of the given service and environment only', () => {
    const text = `${OLD_KEY} ${new ApiKeyFormat('abc', 'test').create().key}`;
    expect(text.match(apiKeyPattern('ptc'))).toEqual([OLD_KEY]);
    expect(text.match(apiKeyPattern('ptc', 'test'))).toBeNull();
    expect(text.match(apiKeyPattern())).toHaveLength(2);
  });

  it('is a new one each time: where one search has got to disturbs no other', () => {
    const pattern = apiKeyPattern('ptc', 'live');
    expect(pattern.test(OLD_KEY)).toBe(true);
    expect(pattern.lastIndex).toBe(OLD_KEY.length);
    expect(apiKeyPattern('ptc', 'live').test(OLD_KEY)).toBe(true);
    expect([format.parse(OLD_KEY), format.parse(OLD_KEY)]).not.toContain(undefined);
  });
});

describe('finding keys in a text', () => {
  const one = format.create();
  const other = new ApiKeyFormat('abc', 'test').create();
  const mistyped = (key: string) => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');

  it('says where each begins, and takes it apart', () => {
    const text = `first ${one.key}, then "${other.key}".`;
    expect([...findApiKeys(text)]).toEqual([
      { ...one, index: 6, prefix: 'ptc', environment: 'live' },
      { ...other, index: text.indexOf('abc_'), prefix: 'abc', environment: 'test' },
    ]);
  });

  it('is of one service, where one is named', () => {
    const text = `${other.key} ${one.key}`;
    expect([...findApiKeys(text, 'ptc')].map(({ key }) => key)).toEqual([one.key]);
    expect([...findApiKeys(text, 'xyz')]).toEqual([]);
    expect(format.findIn(text)?.key).toBe(one.key);
    expect(format.findIn(other.key)).toBeUndefined();
  });

  it.each([undefined, 'ptc'])('finds what is glued behind letters (service: %s)', (prefix) => {
    for (const before of ['x', '0', 'token', 'a'.repeat(15), 'a'.repeat(16), 'a'.repeat(1_000)]) {
      expect([...findApiKeys(before + one.key, prefix)]).toEqual([
        { ...one, index: before.length, prefix: 'ptc', environment: 'live' },
      ]);
    }
  });

  it.each([undefined, 'ptc'])(
    'finds what is glued behind an underscore or a look-alike (service: %s)',
    (prefix) => {
      const lookAlikes = [
        '_',
        'ptc_',
        'ptc_live_',
        'a_b_',
        `ptc_live_${one.id}_`,
        mistyped(one.key),
        `${mistyped(one.key)}_`,
      ];
      for (const before of lookAlikes) {
        expect([...findApiKeys(before + one.key, prefix)].map(({ index }) => index)).toEqual([before.length]);
      }
    },
  );

  it.each([undefined, 'ptc'])('finds each of two without anything between (service: %s)', (prefix) => {
    const second = format.create();
    expect([...findApiKeys(`${one.key}${second.key}x`, prefix)].map(({ key }) => key)).toEqual([
      one.key,
      second.key,
    ]);
  });

  it('finds a key that begins within what only looks like one', () => {
    // What looks like the tail of a key is the beginning of a real one.
    const { key } = new ApiKeyFormat('a'.repeat(16), 'b'.repeat(16)).create();
    for (const before of ['x_', `ptc_live_0123456789ABCDEF_${'x'.repeat(49 - 16)}`]) {
      expect([...findApiKeys(before + key)].map((found) => found.key)).toEqual([key]);
    }
  });

  it('takes nothing with a wrong checksum for a key', () => {
    for (let at = 0; at < one.key.length; at++) {
      const wrong = one.key.slice(0, at) + (one.key[at] === '7' ? '8' : '7') + one.key.slice(at + 1);
      expect([...findApiKeys(wrong)]).toEqual([]);
      expect([...findApiKeys(wrong, 'ptc')]).toEqual([]);
      expect(format.findIn(wrong)).toBeUndefined();
    }
  });

  it('knows the environment of another deployment too', () => {
    const { key, id } = new ApiKeyFormat('ptc', 'test').create();
    expect(format.findIn(`see ${key}`)).toEqual({ key, id, index: 4, prefix: 'ptc', environment: 'test' });
  });

  it('starts anew with each search', () => {
    const search = findApiKeys(`${one.key} ${other.key}`);
    expect(search.next().value?.key).toBe(one.key);
    expect([...findApiKeys(`${one.key} ${other.key}`)]).toHaveLength(2);
    expect(search.next().value?.key).toBe(other.key);
    expect([format.findIn(one.key)?.key, format.findIn(one.key)?.key]).toEqual([one.key, one.key]);
  });

  it.each(['base64', 'base64url', 'hex'] as const)('finds none in a megabyte of random %s', (encoding) => {
    const text = randomBytes(1_000_000).toString(encoding).slice(0, 1_000_000);
    expect([...findApiKeys(text)]).toEqual([]);
    expect([...findApiKeys(text, 'ptc')]).toEqual([]);
  });

  it('finds none in 5 MB of random keys without their checksums', () => {
    // As like a key as can be: 66,000 of its form, each with a checksum that fits once in 57 thousand million times.
    const parts = randomBytes(5_000_000).toString('hex');
    const text = Array.from(
      { length: 66_000 },
      (_, at) => `ptc_live_${parts.slice(at * 65, at * 65 + 16)}_${parts.slice(at * 65 + 16, at * 65 + 65)}`,
    );
    expect([...findApiKeys(text.join(' '), 'ptc')]).toEqual([]);
  });

  it('finds exactly the keys among anything', () => {
    const junk = fc.string({ unit: fc.constantFrom(...'ptclive_019aZ -é\n') });
    fc.assert(
      fc.property(fc.array(fc.tuple(junk, fc.constantFrom(one.key, other.key))), junk, (pieces, end) => {
        const text = pieces.map(([before, key]) => `${before} ${key} `).join('') + end;
        expect([...findApiKeys(text)].map(({ key }) => key)).toEqual(pieces.map(([, key]) => key));
        expect([...findApiKeys(text)].every(({ index, key }) => text.startsWith(key, index))).toBe(true);
      }),
    );
  });
});
