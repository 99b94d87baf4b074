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
    const cache = new VerifiedTokenCache(2, 5);
    cache.set('token', verified);
    expect(cache.get('token', 0)).toBe(verified);
    expect(cache.get('token ', 0)).toBeUndefined();
  });

  it('answers by all of the text, also where the signature is the same', () => {
    const cache = new VerifiedTokenCache(2, 5);
    const signature = 's'.repeat(86);
    cache.set(`h.p.${signature}`, verified);
    for (const token of [`h.q.${signature}`, `g.p.${signature}`, `h.p.x${signature.slice(1)}`, signature]) {
      expect(cache.get(token, 0)).toBeUndefined();
    }
    expect(cache.get(`h.p.${signature}`, 0)).toBe(verified);
  });

  it('answers as long as the token is good, the tolerance included, and not longer', () => {
    const cache = new VerifiedTokenCache(2, 5);
    cache.set('token', verified);
    expect(cache.get('token', 104_999)).toBe(verified);
    expect(cache.get('token', 105_000)).toBeUndefined();
    expect(cache.get('token', 0)).toBeUndefined();
  });

  it('is bounded: the token unused for longest leaves first', () => {
    const cache = new VerifiedTokenCache(2, 5);
    cache.set('one', verified);
    cache.set('two', verified);
    cache.get('one', 0);
    cache.set('three', verified);
    expect(['one', 'two', 'three'].filter((token) => cache.get(token, 0))).toEqual(['one', 'three']);
  });

  it('forgets a token that is dropped, by its text and by its signature', () => {
    const cache = new VerifiedTokenCache(2, 5);
    cache.set('h.p.s', verified);
    expect(cache.findBySignature('h.p.s')).toBe(verified);
    cache.drop('h.p.s');
    expect([cache.get('h.p.s', 0), cache.findBySignature('h.p.s')]).toEqual([undefined, undefined]);
  });

  it('finds a token by its signature, all of it, whatever stands before', () => {
    const cache = new VerifiedTokenCache(2, 5);
    const signature = `f${'s'.repeat(85)}`;
    cache.set(`h.p.${signature}`, verified);
    expect(cache.findBySignature(`g.q.${signature}`)).toBe(verified);
    for (const text of ['', '.', 'h.p.', `h.p.x${signature.slice(1)}`, `h.p.${signature.slice(-43)}`]) {
      expect(cache.findBySignature(text)).toBeUndefined();
    }
  });
});
