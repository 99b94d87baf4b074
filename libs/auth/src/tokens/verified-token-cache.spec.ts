import { UserIdentity } from '../identity/identity.js';
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

describe('the cache of verified tokens', () => {
  it('answers by the exact text of the token', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('token', identity);
    expect(cache.get('token', 0)).toBe(identity);
    expect(cache.get('token ', 0)).toBeUndefined();
  });

  it('answers until the token expires, and not at that moment', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('token', identity);
    expect(cache.get('token', 99_999)).toBe(identity);
    expect(cache.get('token', 100_000)).toBeUndefined();
    expect(cache.get('token', 0)).toBeUndefined();
  });

  it('is bounded: the token unused for longest leaves first', () => {
    const cache = new VerifiedTokenCache(2);
    cache.set('one', identity);
    cache.set('two', identity);
    cache.get('one', 0);
    cache.set('three', identity);
    expect(['one', 'two', 'three'].filter((token) => cache.get(token, 0))).toEqual(['one', 'three']);
  });
});
