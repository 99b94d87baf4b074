import type { TokenFacts } from '../identity/verified-token.js';
import { ActiveRevocations } from './active-revocations.js';
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

const ofSession = (sessionId: string, facts: object = {}): Revocation => ({
  ...FACTS,
  ...facts,
  type: 'session',
  sessionId,
});
const ofClient = (clientId: string, issuedUntil: number, facts: object = {}): Revocation => ({
  ...FACTS,
  ...facts,
  type: 'client',
  clientId,
  issuedUntil,
});

/** What a token says, with these facts in place of the usual ones. */
const token = (facts: Partial<TokenFacts> = {}): TokenFacts => ({
  issuer: ISSUER,
  tokenId: 't1',
  sessionId: 's1',
  subject: 'ann',
  clientId: 'web',
  issuedAt: 100,
  ...facts,
});

function replicaOf(...revocations: Revocation[]): ActiveRevocations {
  const replica = new ActiveRevocations();
  for (const revocation of revocations) replica.apply(revocation, 0);
  return replica;
}

/** Who come clear away what has expired where they are put, so there have to be some. */
const newcomers = (name: string) => Array.from({ length: 200 }, (_, index) => `${name}-${index}`);

describe('a revoked token', () => {
  const replica = replicaOf(ofToken('t1'));

  it('is found by its jti', () => {
    expect(replica.covers(token({ tokenId: 't1' }))).toBe(true);
  });

  it("is not another token of the same user, nor another issuer's token with the same jti", () => {
    expect(replica.covers(token({ tokenId: 't2' }))).toBe(false);
    expect(replica.covers(token({ issuer: 'https://other.example' }))).toBe(false);
  });
});

describe('a revoked user', () => {
  const replica = replicaOf(ofUser('ann', 100));

  it('loses every token issued up to and including that second', () => {
    expect(replica.covers(token({ issuedAt: 99 }))).toBe(true);
    expect(replica.covers(token({ issuedAt: 100 }))).toBe(true);
    expect(replica.covers(token({ issuedAt: 100.5 }))).toBe(false);
    expect(replica.covers(token({ issuedAt: 101 }))).toBe(false);
  });

  it('is not another user, nor the namesake of another issuer', () => {
    expect(replica.covers(token({ subject: 'bob' }))).toBe(false);
    expect(replica.covers(token({ issuer: 'https://other.example' }))).toBe(false);
  });

  it('is revoked up to the later of two revocations', () => {
    const twice = replicaOf(ofUser('ann', 100), ofUser('ann', 150, { expiresAt: 1_050 }));
    expect(twice.covers(token({ issuedAt: 150 }))).toBe(true);
    expect(twice.issuedUntil(ISSUER, 'ann', undefined)).toBe(150);
  });

  it('stays so when an older revocation is learned late', () => {
    const late = replicaOf(ofUser('ann', 150, { expiresAt: 1_050 }), ofUser('ann', 100));
    expect(late.issuedUntil(ISSUER, 'ann', undefined)).toBe(150);
  });

  it('is revoked up to the later of two, for as long as either lasts, whichever is learned first', () => {
    const longer = ofUser('ann', 100, { expiresAt: 10_000 });
    const later = ofUser('ann', 150, { expiresAt: 5_000 });
    for (const both of [replicaOf(longer, later), replicaOf(later, longer)]) {
      both.apply(ofUser('bob', 1, { expiresAt: 99_000 }), 9_999);
      expect(both.covers(token({ issuedAt: 100 }))).toBe(true);
      expect(both.covers(token({ issuedAt: 150 }))).toBe(true);
      expect(both.covers(token({ issuedAt: 151 }))).toBe(false);
      for (const subject of newcomers('carl')) both.apply(ofUser(subject, 1, { expiresAt: 99_000 }), 10_000);
      expect(both.covers(token({ issuedAt: 100 }))).toBe(false);
    }
  });

  it('is one whose next token has to be issued later', () => {
    expect(replica.issuedUntil(ISSUER, 'ann', undefined)).toBe(100);
    expect(replica.issuedUntil(ISSUER, 'bob', undefined)).toBe(-1);
  });
});

describe('a revoked session', () => {
  const replica = replicaOf(ofSession('s1'));

  it('loses every token that it was and will be issued', () => {
    expect(replica.covers(token({ tokenId: 't2', issuedAt: 1 }))).toBe(true);
    expect(replica.covers(token({ tokenId: 't3', issuedAt: 1_000_000 }))).toBe(true);
  });

  it("is not another session of the same user, nor another issuer's, nor a token without a session", () => {
    expect(replica.covers(token({ sessionId: 's2' }))).toBe(false);
    expect(replica.covers(token({ issuer: 'https://other.example' }))).toBe(false);
    expect(replica.covers(token({ sessionId: undefined }))).toBe(false);
    expect(replicaOf(ofSession('undefined')).covers(token({ sessionId: undefined }))).toBe(false);
  });
});

describe('a revoked client', () => {
  const replica = replicaOf(ofClient('web', 100));

  it('loses every token issued up to and including that second, whoever the user is', () => {
    for (const subject of ['ann', 'bob', 'web']) {
      expect(replica.covers(token({ subject, issuedAt: 100 }))).toBe(true);
      expect(replica.covers(token({ subject, issuedAt: 101 }))).toBe(false);
    }
  });

  it('is not another client, nor the namesake of another issuer', () => {
    expect(replica.covers(token({ clientId: 'cli' }))).toBe(false);
    expect(replica.covers(token({ issuer: 'https://other.example' }))).toBe(false);
  });

  it('is, like its user, one whose next token has to be issued later', () => {
    const both = replicaOf(ofClient('web', 100), ofUser('ann', 150));
    expect(both.issuedUntil(ISSUER, 'bob', 'web')).toBe(100);
    expect(both.issuedUntil(ISSUER, 'ann', 'web')).toBe(150);
    expect(both.issuedUntil(ISSUER, 'ann', 'cli')).toBe(150);
    expect(both.issuedUntil(ISSUER, 'bob', 'cli')).toBe(-1);
  });
});

describe('names', () => {
  it('of tokens, sessions, users and clients do not meet', () => {
    const kinds: [Revocation, Partial<TokenFacts>][] = [
      [ofToken('same'), { tokenId: 'same' }],
      [ofSession('same'), { sessionId: 'same' }],
      [ofUser('same', 100), { subject: 'same' }],
      [ofClient('same', 100), { clientId: 'same' }],
    ];
    for (const [revocation] of kinds) {
      const replica = replicaOf(revocation);
      const covered = kinds.filter(([, facts]) => replica.covers(token(facts)));
      expect(covered.map(([{ type }]) => type)).toEqual([revocation.type]);
    }
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
    const ofName: [Revocation, keyof TokenFacts][] = [
      [ofToken(name, { issuer }), 'tokenId'],
      [ofSession(name, { issuer }), 'sessionId'],
      [ofUser(name, 100, { issuer }), 'subject'],
      [ofClient(name, 100, { issuer }), 'clientId'],
    ];
    for (const [revocation, claim] of ofName) {
      const replica = replicaOf(revocation);
      expect(replica.covers(token({ issuer, [claim]: name }))).toBe(true);
      expect(replica.covers(token({ issuer: otherIssuer, [claim]: otherName }))).toBe(false);
    }
  });
});

describe('what has expired', () => {
  it('makes room when others come, and nothing else does', () => {
    const replica = replicaOf(
      ofToken('t1', { expiresAt: 1_000 }),
      ofToken('t2', { expiresAt: 1_001 }),
      ofUser('bob', 9),
    );
    for (const tokenId of newcomers('t')) replica.apply(ofToken(tokenId, { expiresAt: 9_000 }), 1_000);
    for (const subject of newcomers('carl')) replica.apply(ofUser(subject, 9, { expiresAt: 9_000 }), 1_000);
    expect(replica.covers(token({ tokenId: 't1' }))).toBe(false);
    expect(replica.covers(token({ tokenId: 't2' }))).toBe(true);
    expect(replica.covers(token({ tokenId: 't-99' }))).toBe(true);
    expect(replica.issuedUntil(ISSUER, 'bob', undefined)).toBe(-1);
    expect(replica.issuedUntil(ISSUER, 'carl-99', undefined)).toBe(9);
  });

  it('stays for as long as the longer of two revocations of the same', () => {
    const longer = ofToken('t1', { expiresAt: 10_000 });
    const shorter = ofToken('t1', { expiresAt: 5_000 });
    for (const replica of [replicaOf(longer, shorter), replicaOf(shorter, longer)]) {
      for (const tokenId of newcomers('t')) replica.apply(ofToken(tokenId, { expiresAt: 99_000 }), 9_999);
      expect(replica.covers(token())).toBe(true);
      for (const tokenId of newcomers('u')) replica.apply(ofToken(tokenId, { expiresAt: 99_000 }), 10_000);
      expect(replica.covers(token())).toBe(false);
    }
  });
});
