import { hashOf, isHashOf, RefreshTokenCodec } from './refresh-token-codec.js';
import { findRefreshTokens, MAX_REFRESH_TOKEN_LENGTH } from './refresh-token-format.js';

const [OLD, NEW] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));

function codecOf(keys?: readonly (string | undefined)[], url = 'https://api.example', prefix = 'ptc') {
  const keyEncryptionKeys = keys as readonly string[] | undefined;
  const issuer = { url, lifetimeSeconds: 900, ...(keyEncryptionKeys && { keyEncryptionKeys }) };
  return new RefreshTokenCodec({
    apiKeys: { prefix },
    tokens: { issuer, clockToleranceSeconds: 5, maxLifetimeSeconds: 86_400 },
  });
}

const codec = codecOf([NEW]);
const parts = codec.begin();
const token = codec.write(parts);

describe('a refresh token', () => {
  it('says what it was made of, to whoever has the key', () => {
    expect(token).toMatch(/^ptc_rt_[\w-]{22}\.0\.[\w-]{43}\.[\w-]{43}$/);
    expect(codec.read(token)).toEqual(parts);
    expect(codecOf([NEW]).read(token)).toEqual(parts);
  });

  it('is made again, the same, by every instance', () => {
    const next = { ...parts, generation: 1 };
    expect(codecOf([NEW]).write(next)).toBe(codec.write(next));
  });

  it('is read with every key, and made with the first', () => {
    const both = codecOf([NEW, OLD]);
    expect(both.read(codecOf([OLD]).write(parts))).toEqual(parts);
    expect(both.write(parts)).toBe(token);
    expect(codecOf([OLD]).read(token)).toBeUndefined();
  });

  it('is of one issuer, and of one service', () => {
    expect(codecOf([NEW], 'https://other.example').read(token)).toBeUndefined();
    expect(codecOf([NEW], 'https://api.example', 'other').read(token)).toBeUndefined();
  });

  it('is known to this process only where nothing else is configured', () => {
    const [one, other] = [codecOf(), codecOf()];
    expect(one.read(one.write(parts))).toEqual(parts);
    expect(other.read(one.write(parts))).toBeUndefined();
  });

  it('can not be changed in any character', () => {
    for (let at = 0; at < token.length; at++) {
      for (const other of ['A', 'B', '1', '.', '-', '=', ' ']) {
        if (token[at] === other) continue;
        expect(codec.read(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['one with an end', `${token}\n`],
    ['one with a beginning', ` ${token}`],
    ['two', token + token],
    ['one without a MAC', token.slice(0, -44)],
    ['one whose generation has a zero in front', token.replace('.0.', '.00.')],
    ['one whose generation is very large', token.replace('.0.', `.${'9'.repeat(40)}.`)],
    ['one whose generation is below zero', token.replace('.0.', '.-1.')],
    ['a long text', 'ptc_rt_'.repeat(10_000)],
  ])('is not %s', (_, text) => {
    expect(codec.read(text)).toBeUndefined();
  });

  it('has another secret for each session', () => {
    const many = Array.from({ length: 100 }, () => codec.begin());
    expect(new Set(many.map(({ secret }) => secret)).size).toBe(100);
    expect(new Set(many.map(({ sessionId }) => sessionId)).size).toBe(100);
  });

  it('is found in other text, however long it is', () => {
    const last = codec.write({ ...parts, generation: 999_999_999 });
    expect(codec.read(last)?.generation).toBe(999_999_999);
    expect(last.length).toBe(MAX_REFRESH_TOKEN_LENGTH - 13);
    const text = `?a=${token}&b=${last}`;
    expect([...findRefreshTokens(text)].map((found) => found.token)).toEqual([token, last]);
    expect([...findRefreshTokens(text, 'other')]).toEqual([]);
    expect(codec.findIn(text)).toBe(token);
    expect(codec.findIn('nothing')).toBeUndefined();
  });
});

it('a secret is known by its hash', () => {
  expect(isHashOf(hashOf(parts.secret), parts.secret)).toBe(true);
  expect(isHashOf(hashOf(parts.secret), codec.begin().secret)).toBe(false);
  expect(isHashOf('', parts.secret)).toBe(false);
});
