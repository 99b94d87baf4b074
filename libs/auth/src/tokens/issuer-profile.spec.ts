import { type AcceptedClaims, checkClaims, scopesOf } from './claims.js';
import type { JoseHeader } from './compact-jws.js';
import {
  type Claims,
  ISSUER_PROFILES,
  type IssuerProfile,
  type IssuerProfileName,
} from './issuer-profile.js';
import { KeySet } from './key-set.js';
import { TokenOptions } from './token.options.js';
import { OWN_LOGIN } from './trusted-login.js';

const NOW = 1_893_456_000;
const TIMES = { iat: NOW - 10, exp: NOW + 3_590 };

interface Sample {
  readonly issuer: string;
  readonly audience: string;
  readonly typ: string | undefined;
  /** A user's access token. */
  readonly user: Claims;
  readonly expected: Partial<AcceptedClaims & { scopes: readonly string[] }>;
  /** What a client gets for itself, by the changes to the user's. */
  readonly client: Claims;
  readonly expectedOfClient: Partial<AcceptedClaims & { scopes: readonly string[] }>;
  /** What is signed by the same keys and is no access token: the whole payloads. */
  readonly others: Readonly<Record<string, Claims>>;
}

/** What the issuers' own documentation shows, shortened. */
const SAMPLES: Record<IssuerProfileName, Sample> = {
  rfc9068: {
    issuer: 'https://authorization-server.example.com/',
    audience: 'https://rs.example.com/',
    typ: 'at+JWT',
    user: {
      ...TIMES,
      iss: 'https://authorization-server.example.com/',
      sub: '5ba552d67',
      aud: 'https://rs.example.com/',
      jti: 'dbe39bf3a3ba4238a513f51d6e1691c4',
      client_id: 's6BhdRkqt3',
      scope: 'openid profile reademail',
    },
    expected: { subject: '5ba552d67', clientId: 's6BhdRkqt3', scopes: ['openid', 'profile', 'reademail'] },
    client: { sub: 's6BhdRkqt3', scope: 'parcels:read' },
    expectedOfClient: { clientId: 's6BhdRkqt3', scopes: ['parcels:read'] },
    others: {
      'an ID token': {
        iss: 'https://authorization-server.example.com/',
        sub: '5ba552d67',
        aud: 's6BhdRkqt3',
      },
    },
  },
  auth0: {
    issuer: 'https://tenant.eu.auth0.com/',
    audience: 'https://api.example',
    typ: 'JWT',
    user: {
      ...TIMES,
      iss: 'https://tenant.eu.auth0.com/',
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://api.example', 'https://tenant.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile',
      permissions: ['parcels:read', 'parcels:write'],
    },
    expected: {
      subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
      clientId: 'my_client_id',
      tokenId: undefined,
      scopes: ['openid', 'profile', 'parcels:read', 'parcels:write'],
    },
    client: {
      sub: 'my_client_id@clients',
      gty: 'client-credentials',
      aud: 'https://api.example',
      permissions: undefined,
    },
    expectedOfClient: { clientId: 'my_client_id', scopes: ['openid', 'profile'] },
    others: {
      'an ID token': {
        iss: 'https://tenant.eu.auth0.com/',
        sub: 'auth0|1',
        aud: 'my_client_id',
        nonce: 'n',
        sid: 's',
      },
      'an ID token for an API that is its own client': {
        iss: 'https://tenant.eu.auth0.com/',
        sub: 'auth0|1',
        aud: 'https://api.example',
        sid: 's',
      },
    },
  },
  keycloak: {
    issuer: 'https://sso.example/realms/parcels',
    audience: 'parcels-api',
    typ: 'JWT',
    user: {
      ...TIMES,
      jti: 'a1d3e4c2-0d2b-4b3e-b46a-1f0a2c2f3c11',
      iss: 'https://sso.example/realms/parcels',
      aud: ['parcels-api', 'account'],
      sub: 'f5a3b8c2-7b1e-4d5a-9c7a-2f1e0d9c8b7a',
      typ: 'Bearer',
      azp: 'Web',
      sid: '1c2d3e4f',
      scope: 'openid email',
      preferred_username: 'ann',
      nonce: 'n-0S6_WzA2Mj',
      realm_access: { roles: ['offline_access'] },
    },
    expected: {
      subject: 'f5a3b8c2-7b1e-4d5a-9c7a-2f1e0d9c8b7a',
      clientId: 'Web',
      tokenId: 'a1d3e4c2-0d2b-4b3e-b46a-1f0a2c2f3c11',
      sessionId: '1c2d3e4f',
      scopes: ['openid', 'email'],
    },
    client: { preferred_username: 'service-account-web', sid: undefined, nonce: undefined, client_id: 'Web' },
    expectedOfClient: { clientId: 'Web', scopes: ['openid', 'email'] },
    others: Object.fromEntries(
      ['ID', 'Refresh', 'Offline', 'Logout', 'bearer', undefined].map((typ) => [
        `a token of type ${typ}`,
        {
          jti: 'j',
          iss: 'https://sso.example/realms/parcels',
          aud: 'parcels-api',
          sub: 'f5a3b8c2',
          azp: 'Web',
          scope: 'openid',
          typ,
        },
      ]),
    ),
  },
  entra: {
    issuer: 'https://login.microsoftonline.com/72f988bf/v2.0',
    audience: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
    typ: 'JWT',
    user: {
      ...TIMES,
      nbf: NOW - 10,
      aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      iss: 'https://login.microsoftonline.com/72f988bf/v2.0',
      azp: '7c3f4a1e',
      azpacr: '0',
      name: 'Ann',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      rh: '0.x',
      scp: 'parcels.read parcels.write',
      sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      uti: 'fqiBqXLPj0eQa82S-IYFAA',
      ver: '2.0',
    },
    expected: {
      subject: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      clientId: '7c3f4a1e',
      tokenId: 'fqiBqXLPj0eQa82S-IYFAA',
      scopes: ['parcels.read', 'parcels.write'],
    },
    client: {
      scp: undefined,
      name: undefined,
      roles: ['Parcels.Read.All'],
      idtyp: 'app',
      sub: 'e0a1',
      oid: 'e0a1',
    },
    expectedOfClient: { clientId: '7c3f4a1e', scopes: ['Parcels.Read.All'] },
    others: {
      'an ID token, whose audience is the same': {
        aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
        iss: 'https://login.microsoftonline.com/72f988bf/v2.0',
        sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
        uti: 'u',
        ver: '2.0',
        nonce: 'n',
      },
      'an ID token without a nonce': {
        aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
        iss: 'https://login.microsoftonline.com/72f988bf/v2.0',
        sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
        uti: 'u',
        ver: '2.0',
      },
    },
  },
  cognito: {
    issuer: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
    audience: '57cbishk4j24pabc1234567890',
    typ: undefined,
    user: {
      ...TIMES,
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['drivers'],
      iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
      version: 2,
      client_id: '57cbishk4j24pabc1234567890',
      origin_jti: 'aaaaaaaa',
      event_id: '64f513be',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin parcels/read',
      auth_time: NOW - 10,
      jti: 'bbbbbbbb',
      username: 'ann',
    },
    expected: {
      subject: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      clientId: '57cbishk4j24pabc1234567890',
      tokenId: 'bbbbbbbb',
      scopes: ['aws.cognito.signin.user.admin', 'parcels/read'],
    },
    client: { sub: '57cbishk4j24pabc1234567890', username: undefined, scope: 'parcels/read' },
    expectedOfClient: { clientId: '57cbishk4j24pabc1234567890', scopes: ['parcels/read'] },
    others: {
      'an ID token': {
        sub: 'aaaaaaaa',
        aud: '57cbishk4j24pabc1234567890',
        iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
        token_use: 'id',
        jti: 'b',
      },
      'an ID token that has our client_id besides': {
        sub: 'aaaaaaaa',
        aud: '57cbishk4j24pabc1234567890',
        client_id: '57cbishk4j24pabc1234567890',
        iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
        token_use: 'id',
        jti: 'b',
      },
      'a token for another client': {
        sub: 'aaaaaaaa',
        aud: '57cbishk4j24pabc1234567890',
        client_id: 'other',
        iss: 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example',
        token_use: 'access',
        jti: 'b',
      },
    },
  },
  okta: {
    issuer: 'https://example.okta.com/oauth2/default',
    audience: 'api://default',
    typ: undefined,
    user: {
      ...TIMES,
      ver: 1,
      jti: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      iss: 'https://example.okta.com/oauth2/default',
      aud: 'api://default',
      sub: 'ann@example.com',
      cid: '0oabv6kx4qq6h1U5l0h7',
      uid: '00uixa271s6x7qt8I0h7',
      scp: ['openid', 'parcels:read'],
    },
    expected: {
      subject: 'ann@example.com',
      clientId: '0oabv6kx4qq6h1U5l0h7',
      tokenId: 'AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE',
      scopes: ['openid', 'parcels:read'],
    },
    client: { sub: '0oabv6kx4qq6h1U5l0h7', uid: undefined, scp: ['parcels:read'] },
    expectedOfClient: { clientId: '0oabv6kx4qq6h1U5l0h7', scopes: ['parcels:read'] },
    others: {
      'an ID token': {
        ver: 1,
        jti: 'ID.x',
        iss: 'https://example.okta.com/oauth2/default',
        aud: '0oabv6kx4qq6h1U5l0h7',
        sub: '00uixa271s6x7qt8I0h7',
        at_hash: 'x',
        amr: ['pwd'],
      },
      'an ID token for our audience': {
        ver: 1,
        jti: 'ID.x',
        iss: 'https://example.okta.com/oauth2/default',
        aud: 'api://default',
        sub: '00uixa271s6x7qt8I0h7',
      },
    },
  },
};
const NAMES = Object.keys(SAMPLES) as IssuerProfileName[];

/** What checking says of these claims under this profile. */
function check(
  name: IssuerProfileName,
  claims: Claims,
  header: Partial<JoseHeader> = {},
): (AcceptedClaims & { scopes: readonly string[] }) | string {
  const { issuer, audience, typ } = SAMPLES[name];
  const profile: IssuerProfile = ISSUER_PROFILES[name];
  const keys = new KeySet([]);
  const binding = 'accept' as const;
  const algorithms = ['RS256'] as const;
  const trusted = { name: issuer, audience, profile, binding, algorithms, keys, login: OWN_LOGIN };
  const given = JSON.parse(JSON.stringify(claims)) as Record<string, unknown>;
  const jws = {
    header: { alg: 'RS256', kid: 'k1', typ, ...header },
    claims: given,
    signingInput: '',
    signature: Buffer.alloc(0),
  };
  const options = Object.assign(new TokenOptions(), { audience });
  const checked = checkClaims(jws, trusted, options, NOW * 1_000);
  if (typeof checked === 'string') return checked;
  const scopes = scopesOf(checked.claims, profile);
  return scopes === undefined ? 'the scopes could not be read' : { ...checked, scopes };
}

describe.each(NAMES)('under the profile %s', (name) => {
  const { user, client, expected, expectedOfClient, others, issuer, audience } = SAMPLES[name];

  it("a user's access token is accepted", () => {
    expect(check(name, user)).toMatchObject({ ...expected, isClient: false, expiresAt: TIMES.exp });
  });

  it("a client's own token is accepted as the client's", () => {
    expect(check(name, { ...user, ...client })).toMatchObject({ ...expectedOfClient, isClient: true });
  });

  it.each(Object.keys(others))('%s is refused', (kind) => {
    expect(check(name, { ...TIMES, ...others[kind] })).toEqual(expect.any(String));
  });

  it("a client's assertion about itself is refused", () => {
    for (const self of ['client', issuer]) {
      expect(check(name, { ...user, iss: self, sub: self })).toMatch('client assertion');
    }
  });

  it('a logout token is refused by its type, and by its content', () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    expect(check(name, { ...user, events }, { typ: 'logout+jwt' })).toEqual(expect.any(String));
    const { [ISSUER_PROFILES[name].clientId[0] as string]: _, azp: __, ...rest } = user;
    expect(check(name, { ...rest, events })).toEqual(expect.any(String));
  });

  it.each([
    'id+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'application/application/jwt',
    '',
  ])('the type %j is refused', (typ) => {
    expect(check(name, user, { typ })).toMatch('typ');
  });

  it('a token for another audience is refused, and so is one for none', () => {
    const claim = ISSUER_PROFILES[name].audience;
    for (const other of [
      'other',
      '',
      null,
      [],
      [[audience]],
      { [audience]: true },
      `${audience} other`,
      undefined,
    ]) {
      expect(check(name, { ...user, [claim]: other })).toEqual(expect.any(String));
    }
  });

  it('what it needs is there, as a text', () => {
    const { tokenId, clientId, isTokenIdOptional = false }: IssuerProfile = ISSUER_PROFILES[name];
    const needed = ['sub', 'exp', 'iat', ...(isTokenIdOptional ? [] : [tokenId])];
    for (const claim of needed) {
      for (const value of [undefined, null, '', [], {}, true]) {
        expect(check(name, { ...user, [claim]: value })).toEqual(expect.any(String));
      }
    }
    const without = Object.fromEntries(clientId.map((claim) => [claim, undefined]));
    expect(check(name, { ...user, ...without })).toEqual(expect.any(String));
    for (const value of [null, '', 7, ['web']]) {
      expect(check(name, { ...user, [clientId[0] as string]: value })).toEqual(expect.any(String));
    }
  });

  it('scopes that are of another kind grant nothing, or refuse the token', () => {
    for (const claim of ['scope', 'scp', 'permissions', 'roles']) {
      for (const value of [null, 7, { 'admin:all': true }, [['admin:all']], [7]]) {
        const checked = check(name, { ...user, [claim]: value });
        if (typeof checked !== 'string') {
          expect(checked.scopes.filter((scope) => !(expected.scopes ?? []).includes(scope))).toEqual([]);
        }
      }
    }
  });
});

describe('a token that is bound to a key', () => {
  it.each(NAMES)('is no bearer token, whatever `cnf` is, under %s', (name) => {
    const { user, client } = SAMPLES[name];
    for (const claims of [user, { ...user, ...client }]) {
      for (const cnf of [{ jkt: 'x' }, { 'x5t#S256': 'x' }, {}, [], null, false, 0, '', 'x'])
        expect(check(name, { ...claims, cnf })).toMatch('has cnf');
    }
  });
});

describe('an ID token', () => {
  it.each(NAMES.filter((name) => !('marker' in ISSUER_PROFILES[name])))(
    'is known by what only ID tokens have, under %s',
    (name) => {
      const { user } = SAMPLES[name];
      for (const claim of ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']) {
        for (const value of ['x', null, {}]) {
          expect(check(name, { ...user, [claim]: value })).toMatch(`has ${claim}`);
        }
      }
    },
  );
});
