import fc from 'fast-check';
import { type AcceptedClaims, checkClaims, scopesOf as grantedBy } from './claims.js';
import { ISSUER_PROFILES, type IssuerProfile } from './issuer-profile.js';
import { KeySet } from './key-set.js';
import { TokenOptions } from './token.options.js';
import { OWN_LOGIN } from './trusted-login.js';

const NOW = 1_893_456_000;
const CLAIMS = {
  iss: 'https://login.example',
  aud: 'parcels',
  sub: 'ann',
  client_id: 'web',
  jti: 't1',
  iat: NOW,
  exp: NOW + 60,
  scope: 'a:1',
};

/** What checking says of a payload as JSON, under RFC 9068. */
function checkJson(json: string, limits: object = {}, profile: Partial<IssuerProfile> = {}) {
  const issuer = {
    name: CLAIMS.iss,
    audience: 'parcels',
    profile: { ...ISSUER_PROFILES.rfc9068, ...profile } as IssuerProfile,
    algorithms: ['EdDSA'] as const,
    binding: 'accept' as const,
    keys: new KeySet([]),
    login: OWN_LOGIN,
  };
  const header = { alg: 'EdDSA', kid: undefined, typ: 'at+jwt' };
  const jws = { header, claims: JSON.parse(json), signingInput: '', signature: Buffer.alloc(0) };
  const options = Object.assign(new TokenOptions(), {
    audience: 'parcels',
    clockToleranceSeconds: 5,
    maxLifetimeSeconds: 100,
    ...limits,
  });
  const checked = checkClaims(jws, issuer, options, NOW * 1_000);
  if (typeof checked === 'string') return checked;
  const scopes = grantedBy(checked.claims, issuer.profile);
  return scopes === undefined ? 'the scopes could not be read' : { ...checked, scopes };
}
const check = (claims: object, limits?: object) =>
  checkJson(JSON.stringify({ ...CLAIMS, ...claims }), limits);
/** The same with one claim written as it stands, for what `JSON.stringify` would not write. */
const checkWritten = (claim: string, written: string) =>
  checkJson(`${JSON.stringify({ ...CLAIMS, [claim]: undefined }).slice(0, -1)},"${claim}":${written}}`);

const accepted = (checked: AcceptedClaims | string) => typeof checked !== 'string';

describe('the times of a token', () => {
  it('bound its use on both sides, with the tolerance between two clocks', () => {
    expect(check({ iat: NOW - 60, exp: NOW - 4 })).toMatchObject({ expiresAt: NOW - 4 });
    expect(check({ iat: NOW - 60, exp: NOW - 5 })).toBe('expired');
    expect(accepted(check({ iat: NOW + 5 }))).toBe(true);
    expect(check({ iat: NOW + 6 })).toBe('issued in the future');
    expect(accepted(check({ nbf: NOW + 5 }))).toBe(true);
    expect(check({ nbf: NOW + 6 })).toBe('not valid yet');
    expect(accepted(check({ nbf: NOW - 1_000 }))).toBe(true);
  });

  it('are whole seconds, so that one second ahead is no future even without any tolerance', () => {
    const strict = { clockToleranceSeconds: 0 };
    expect(accepted(check({ iat: NOW + 1 }, strict))).toBe(true);
    expect(check({ iat: NOW + 2 }, strict)).toBe('issued in the future');
    expect(check({ exp: NOW }, strict)).toBe('expired');
    expect(check({ nbf: NOW + 1 }, strict)).toBe('not valid yet');
  });

  it('may have fractions (RFC 7519 section 2)', () => {
    expect(check({ iat: NOW - 0.5, exp: NOW + 0.25 })).toMatchObject({ issuedAt: NOW - 0.5 });
  });

  it('may not be farther apart than accepted', () => {
    expect(accepted(check({ exp: NOW + 100 }))).toBe(true);
    expect(check({ exp: NOW + 100.5 })).toMatch('lives longer');
    expect(check({ iat: 0 })).toMatch('lives longer');
  });

  it.each(['exp', 'iat', 'nbf'])('are finite numbers: %s', (claim) => {
    const written = [
      '1e400',
      '-1e400',
      '-1',
      '-1e-9',
      `"${NOW}"`,
      '""',
      'null',
      'true',
      'false',
      '[]',
      `[${NOW}]`,
      '{}',
    ];
    for (const value of written) expect(checkWritten(claim, value)).toMatch('no number');
  });

  it('may be zero, also with a minus', () => {
    expect(checkWritten('nbf', '-0')).toMatchObject({ subject: 'ann' });
    expect(checkWritten('nbf', '0')).toMatchObject({ subject: 'ann' });
  });

  it('let a token in exactly while every one of them does', () => {
    const around = fc.integer({ min: NOW - 200, max: NOW + 200 });
    fc.assert(
      fc.property(around, around, fc.option(around, { nil: undefined }), (iat, exp, nbf) => {
        const expected =
          exp + 5 > NOW && iat <= NOW + 5 && (nbf === undefined || nbf <= NOW + 5) && exp - iat <= 100;
        expect(accepted(check({ iat, exp, nbf }))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe('whatever the claims are', () => {
  it('they are accepted only if every rule holds', () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.constantFrom(...Object.values(CLAIMS)));
    const names = [...Object.keys(CLAIMS), 'nbf', 'sid', 'nonce', 'events'].filter((name) => name !== 'iss');
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 3 }), (changes) => {
        const claims: Record<string, unknown> = JSON.parse(JSON.stringify({ ...CLAIMS, ...changes }));
        const isText = (value: unknown) => typeof value === 'string' && value !== '';
        const isTime = (value: unknown) => typeof value === 'number' && value >= 0;
        const { aud, sub, client_id, jti, iat, exp, nbf, sid, scope } = claims;
        const expected =
          (aud === 'parcels' || (Array.isArray(aud) && aud.includes('parcels'))) &&
          [sub, client_id, jti].every(isText) &&
          sub !== CLAIMS.iss &&
          isTime(iat) &&
          isTime(exp) &&
          (exp as number) + 5 > NOW &&
          (iat as number) <= NOW + 5 &&
          (exp as number) - (iat as number) <= 100 &&
          (!('nbf' in claims) || (isTime(nbf) && (nbf as number) <= NOW + 5)) &&
          (sid === undefined || isText(sid)) &&
          (scope === undefined || [scope].flat().every((word) => typeof word === 'string')) &&
          !('nonce' in claims) &&
          !('events' in claims);
        expect(accepted(check(changes))).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the scopes of a token', () => {
  const scopesOf = (claims: object, scopes: (claims: Readonly<Record<string, unknown>>) => unknown) => {
    const checked = checkJson(JSON.stringify({ ...CLAIMS, ...claims }), {}, { scopes: scopes as never });
    return typeof checked === 'string' ? checked : checked.scopes;
  };

  it('are the words of scope, however they are spaced', () => {
    expect(check({ scope: ' a:1  b:2 ' })).toMatchObject({ scopes: ['a:1', 'b:2'] });
    expect(check({ scope: '' })).toMatchObject({ scopes: [] });
    expect(check({ scope: undefined })).toMatchObject({ scopes: [] });
  });

  it('are the entries of a list, each as it is: no entry is two', () => {
    expect(check({ scope: ['a:1', 'b:2', ''] })).toMatchObject({ scopes: ['a:1', 'b:2'] });
    expect(check({ scope: ['a:1 b:2'] })).toMatchObject({ scopes: ['a:1 b:2'] });
  });

  it('may be read from any claim, also a nested one', () => {
    const realm = { realm_access: { roles: ['a:1', 'b:2'] } };
    expect(scopesOf(realm, (claims) => (claims as typeof realm).realm_access.roles)).toEqual(['a:1', 'b:2']);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no roles');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a text', () => 'a:1'],
    ['gives something else than texts', () => ['a:1', 7]],
    ['gives a set', () => new Set(['a:1'])],
    ['gives a promise', () => Promise.resolve(['a:1'])],
  ])('can not be read where the function that reads them %s: the token is refused', (_, scopes) => {
    expect(scopesOf({}, scopes)).toMatch('scopes could not be read');
  });
});

describe('a session', () => {
  it('is named by sid, if at all', () => {
    expect(check({ sid: 's1' })).toMatchObject({ sessionId: 's1' });
    expect(check({})).toMatchObject({ sessionId: undefined });
    for (const sid of ['', null, 7, ['s1'], {}]) expect(check({ sid })).toMatch('sid');
  });
});
