import { UserIdentity } from '../identity/identity.js';
import { RevocationReplica } from './revocation.replica.js';
import type { Revocation } from './revocation.store.js';

const ISSUER = 'https://issuer.example';
const FACTS = { id: 'r1', issuer: ISSUER, reason: 'spec', revokedAt: 0, expiresAt: 1_000 };

const ofToken = (tokenId: string, facts: object = {}): Revocation => ({
  ...FACTS,
  ...facts,
  type: 'token',
  tokenId,
});
const ofUser = (subject: string, issuedUntil: number, facts: object = {}): Revocation => ({
  ...FACTS,
  ...facts,
  type: 'user',
  subject,
  issuedUntil,
});

function user(claims: {
  issuer?: string;
  subject?: string;
  tokenId?: string;
  issuedAt?: number;
}): UserIdentity {
  return new UserIdentity({
    issuer: ISSUER,
    subject: 'ann',
    clientId: 'web',
    tokenId: 't1',
    issuedAt: 100,
    expiresAt: 200,
    scopes: [],
    claims: {},
    ...claims,
  });
}

function replicaOf(...revocations: Revocation[]): RevocationReplica {
  const replica = new RevocationReplica();
  for (const revocation of revocations) replica.apply(revocation);
  return replica;
}

describe('a revoked token', () => {
  const replica = replicaOf(ofToken('t1'));

  it('is found by its jti', () => {
    expect(replica.find(user({ tokenId: 't1' }))).toEqual(ofToken('t1'));
  });

  it("is not another token of the same user, nor another issuer's token with the same jti", () => {
    expect(replica.find(user({ tokenId: 't2' }))).toBeUndefined();
    expect(replica.find(user({ issuer: 'https://other.example' }))).toBeUndefined();
  });
});

describe('a revoked user', () => {
  const replica = replicaOf(ofUser('ann', 100));

  it('loses every token issued up to and including that second', () => {
    expect(replica.find(user({ issuedAt: 99 }))).toBeDefined();
    expect(replica.find(user({ issuedAt: 100 }))).toBeDefined();
    expect(replica.find(user({ issuedAt: 100.5 }))).toBeUndefined();
    expect(replica.find(user({ issuedAt: 101 }))).toBeUndefined();
  });

  it('is not another user, nor the namesake of another issuer', () => {
    expect(replica.find(user({ subject: 'bob' }))).toBeUndefined();
    expect(replica.find(user({ issuer: 'https://other.example' }))).toBeUndefined();
  });

  it('is revoked up to the later of two revocations', () => {
    const twice = replicaOf(ofUser('ann', 100), ofUser('ann', 150, { expiresAt: 1_050 }));
    expect(twice.find(user({ issuedAt: 150 }))).toBeDefined();
    expect(twice.issuedUntil(ISSUER, 'ann')).toBe(150);
  });

  it('stays so when an older revocation is learned late', () => {
    const late = replicaOf(ofUser('ann', 150, { expiresAt: 1_050 }), ofUser('ann', 100));
    expect(late.issuedUntil(ISSUER, 'ann')).toBe(150);
  });

  it('is one whose next token has to be issued later', () => {
    expect(replica.issuedUntil(ISSUER, 'ann')).toBe(100);
    expect(replica.issuedUntil(ISSUER, 'bob')).toBeUndefined();
  });
});

describe('names', () => {
  it('of tokens and users do not meet', () => {
    expect(replicaOf(ofToken('ann')).find(user({ subject: 'ann' }))).toBeUndefined();
    expect(replicaOf(ofUser('t1', 100)).find(user({ tokenId: 't1' }))).toBeUndefined();
  });

  it.each([
    ['a quote that ends one part early', 'https://a","b', 'c', 'https://a', 'b","c'],
    ['a backslash before the end', 'https://a\\', 'b', 'https://a', '\\b'],
    ['a part moved over the border', 'https://a/b', 'c', 'https://a/', 'bc'],
    ['a line break', 'https://a\n', 'b', 'https://a', '\nb'],
    ['case', ISSUER, 'T1', ISSUER, 't1'],
    ['a composed and a decomposed letter', ISSUER, '\u00e9', ISSUER, 'e\u0301'],
    ['an object property', ISSUER, '__proto__', ISSUER, 'constructor'],
    ['two lone surrogates', ISSUER, '\ud800', ISSUER, '\ud801'],
  ])('stay apart over %s', (_, issuer, name, otherIssuer, otherName) => {
    const token = replicaOf(ofToken(name, { issuer }));
    expect(token.find(user({ issuer, tokenId: name }))).toBeDefined();
    expect(token.find(user({ issuer: otherIssuer, tokenId: otherName }))).toBeUndefined();

    const subject = replicaOf(ofUser(name, 100, { issuer }));
    expect(subject.find(user({ issuer, subject: name }))).toBeDefined();
    expect(subject.find(user({ issuer: otherIssuer, subject: otherName }))).toBeUndefined();
  });
});

describe('a sweep', () => {
  it('drops what has expired, and nothing else', () => {
    const replica = replicaOf(
      ofToken('t1', { expiresAt: 1_000 }),
      ofToken('t2', { expiresAt: 1_001 }),
      ofUser('bob', 9),
    );
    replica.sweep(1_000);
    expect(replica.find(user({ tokenId: 't1' }))).toBeUndefined();
    expect(replica.find(user({ tokenId: 't2' }))).toBeDefined();
    expect(replica.issuedUntil(ISSUER, 'bob')).toBeUndefined();
  });
});
