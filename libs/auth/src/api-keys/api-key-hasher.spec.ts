import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { anyLetter } from '../any-letter.spec-support.js';
import { ApiKeyHasher, sha256Of } from './api-key-hasher.js';

const KEY = 'ptc_live_0123456789ABCDEF_GHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw2HeRjz';
const OTHER_KEY = `${KEY.slice(0, -1)}y`;
const PEPPER = 'a pepper of at least thirty-two bytes';
const OLD_PEPPER = Buffer.alloc(32, 7);

const sha256 = (key: string) => createHash('sha256').update(key).digest('base64url');
const hmac = (pepper: string | Buffer, key: string) =>
  createHmac('sha256', pepper).update(key).digest('base64url');
const matches = (hasher: ApiKeyHasher, key: string, stored: string | undefined) =>
  hasher.matches(key, sha256Of(key), stored);

describe('without a pepper', () => {
  const hasher = new ApiKeyHasher([]);

  it('a key is kept under its SHA-256', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyLetter }), (key) => {
        expect(hasher.hash(key)).toBe(sha256(key));
        expect(hasher.hash(key, sha256Of(key))).toBe(sha256(key));
        expect(hasher.digestsOf(key)).toEqual([sha256(key)]);
      }),
    );
  });

  it('only the key itself matches', () => {
    expect(matches(hasher, KEY, sha256(KEY))).toBe(true);
    expect(matches(hasher, OTHER_KEY, sha256(KEY))).toBe(false);
    expect(matches(hasher, KEY, hmac(PEPPER, KEY))).toBe(false);
  });
});

describe('with a pepper', () => {
  const hasher = new ApiKeyHasher([PEPPER]);

  it('a key is kept under its HMAC-SHA-256', () => {
    expect(hasher.hash(KEY)).toBe(hmac(PEPPER, KEY));
    expect(hasher.hash(KEY, sha256Of(KEY))).toBe(hmac(PEPPER, KEY));
    expect(new ApiKeyHasher([OLD_PEPPER]).hash(KEY)).toBe(hmac(OLD_PEPPER, KEY));
  });

  it('only the key itself matches', () => {
    expect(matches(hasher, KEY, hmac(PEPPER, KEY))).toBe(true);
    expect(matches(hasher, OTHER_KEY, hmac(PEPPER, KEY))).toBe(false);
  });

  it('a key from before the first pepper still matches', () => {
    expect(matches(hasher, KEY, sha256(KEY))).toBe(true);
    expect(matches(hasher, OTHER_KEY, sha256(KEY))).toBe(false);
  });

  it('nothing matches without the right one', () => {
    const stored = hmac(PEPPER, KEY);
    for (const peppers of [[], [OLD_PEPPER], [PEPPER.toUpperCase()], [`${PEPPER} `, OLD_PEPPER]]) {
      expect(matches(new ApiKeyHasher(peppers), KEY, stored)).toBe(false);
    }
  });
});

describe('with two peppers', () => {
  const hasher = new ApiKeyHasher([PEPPER, OLD_PEPPER]);

  it('new keys are kept under the current one', () => {
    expect(hasher.hash(KEY)).toBe(hmac(PEPPER, KEY));
  });

  it('keys under either match, and those from before the first', () => {
    for (const stored of [hmac(PEPPER, KEY), hmac(OLD_PEPPER, KEY), sha256(KEY)]) {
      expect(matches(hasher, KEY, stored)).toBe(true);
      expect(matches(hasher, OTHER_KEY, stored)).toBe(false);
    }
  });

  it('every digest is named, the current one first', () => {
    expect(hasher.digestsOf(KEY)).toEqual([hmac(PEPPER, KEY), hmac(OLD_PEPPER, KEY), sha256(KEY)]);
  });
});

describe.each([
  ['no pepper', []],
  ['one pepper', [PEPPER]],
  ['two peppers', [PEPPER, OLD_PEPPER]],
])('with %s', (_, peppers) => {
  const hasher = new ApiKeyHasher(peppers);

  it('no key matches where nothing is kept, not even one whose digest is what it is compared with then', () => {
    expect(matches(hasher, KEY, undefined)).toBe(false);
    const compared = '-'.repeat(43);
    expect(hasher.matches(KEY, compared, undefined)).toBe(false);
    // It is the absence that decides.
    expect(hasher.matches(KEY, compared, compared)).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['too short', sha256(KEY).slice(0, -2)],
    ['too long', `${sha256(KEY)}AA`],
    ['no base64', '!'.repeat(43)],
    ['of another algorithm', createHash('sha512').update(KEY).digest('base64url')],
    ['hexadecimal', createHash('sha256').update(KEY).digest('hex')],
  ])('a kept digest that is %s matches nothing, and breaks nothing', (_, stored) => {
    expect(matches(hasher, KEY, stored)).toBe(false);
  });
});
