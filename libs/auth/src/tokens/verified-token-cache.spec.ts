import { UserIdentity } from '../identity/identity.js';
import type { VerifiedToken } from '../identity/verified-token.js';
import { VerifiedTokenCache } from './verified-token-cache.js';

const identity = new UserIdentity({
  issuer: 'https://issuer.example',
  subject: 'ann',
  clientId: 'web',
  tokenId: 't1',
  issuedAt: 0,
  expiresAt: 100,
  scopes: [],
  claims: {},
});
const verified: VerifiedToken = {
  identity,
  facts: {
    issuer: 'https://issuer.example',
    subject: 'ann',
    clientId: 'web',
    tokenId: 't1',
    issuedAt: 0,
    sessionId: undefined,
  },
  expiresAt: 100,
  keyId: 'k1',
};

describe('the cache of verified tokens', () => {
  it('answers by the exact text of the token', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('token', verified, { byPayload: true });
    expect(cache.get('token', 0)).toBe(verified);
    expect(cache.get('token ', 0)).toBeUndefined();
  });

  it('answers by all of the text, also where the signature is the same', () => {
    const cache = new VerifiedTokenCache(2);
    const signature = 's'.repeat(86);
    cache.set(`h.p.${signature}`, verified, { byPayload: true });
    for (const token of [`h.q.${signature}`, `g.p.${signature}`, `h.p.x${signature.slice(1)}`, signature]) {
      expect(cache.get(token, 0)).toBeUndefined();
    }
    expect(cache.get(`h.p.${signature}`, 0)).toBe(verified);
  });

  it('answers until the token expires, and not at that moment', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('token', verified, { byPayload: true });
    expect(cache.get('token', 99_999)).toBe(verified);
    expect(cache.get('token', 100_000)).toBeUndefined();
    expect(cache.get('token', 0)).toBeUndefined();
  });

  it('is bounded: the token unused for longest leaves first', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('one', verified, { byPayload: true });
    cache.set('two', verified, { byPayload: true });
    cache.get('one', 0);
    cache.set('three', verified, { byPayload: true });
    expect(['one', 'two', 'three'].filter((token) => cache.get(token, 0))).toEqual(['one', 'three']);
  });

  it('forgets a token that is dropped, by its text and by its payload', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('h.p.s', verified, { byPayload: true });
    expect(cache.findByPayload('other.p.')).toBe(verified);
    cache.drop('h.p.s');
    expect([cache.get('h.p.s', 0), cache.findByPayload('other.p.')]).toEqual([undefined, undefined]);
  });

  it('finds a token by its payload, to the letter, and by nothing that is no token', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('h.p.s', verified, { byPayload: true });
    for (const text of ['', 'p', '.', 'h..s', 'h.P.s', 'h.p ', 'p.h.s']) {
      expect(cache.findByPayload(text)).toBeUndefined();
    }
  });
});
