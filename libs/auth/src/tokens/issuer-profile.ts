export type Claims = Readonly<Record<string, unknown>>;

/** What an issuer calls things, and how its access tokens can be told from its other tokens. */
export interface IssuerProfile {
  /** What `typ` may be, in lower case and without `application/`; undefined where it may be absent. */
  readonly types: readonly (string | undefined)[];
  /** The claims that may hold the client's id; the first that is there counts. */
  readonly clientId: readonly string[];
  /** The claim that holds the token's id. */
  readonly tokenId: string;
  /** Whether a token may come without an id, so that a digest of its content stands in. */
  readonly isTokenIdOptional?: boolean;
  /** The claim that names whom the token is for. */
  readonly audience: 'aud' | 'client_id';
  /** What a claim must be for the token to be an access token, besides what holds for all issuers. */
  readonly marker?: readonly [claim: string, value: string];
  /** Whether the token was issued to a client on its own behalf, so that there is no user. */
  isClientToken(claims: Claims, clientId: string): boolean;
  /** The scopes that the claims grant. */
  scopes(claims: Claims): readonly string[];
}

/** RFC 9068, and what the issuers that don't conform to it have instead. */
export const ISSUER_PROFILES = {
  /** Sections 2.1 and 2.2: `at+jwt`, with `client_id` and `jti`. A client that acts for itself is its own `sub`. */
  rfc9068: {
    types: ['at+jwt'],
    clientId: ['client_id'],
    tokenId: 'jti',
    audience: 'aud',
    isClientToken: ({ sub }, clientId) => sub === clientId,
    scopes: ({ scope }) => words(scope),
  },
  /** Auth0, with either of its token profiles: in its own the client is `azp` and there is no token id. */
  auth0: {
    types: ['jwt', 'at+jwt'],
    clientId: ['azp', 'client_id'],
    tokenId: 'jti',
    isTokenIdOptional: true,
    audience: 'aud',
    isClientToken: ({ sub, gty }, clientId) =>
      gty === 'client-credentials' || sub === `${clientId}@clients` || sub === clientId,
    scopes: ({ scope, permissions }) => [...words(scope), ...texts(permissions)],
  },
  /**
   * Keycloak says in a claim what the header doesn't. A service account has a user's `sub`, and its name could be another
   * user's; but only it comes without a session, or with the claims about the client that made the call.
   */
  keycloak: {
    types: ['jwt', 'at+jwt'],
    clientId: ['azp', 'client_id'],
    tokenId: 'jti',
    audience: 'aud',
    marker: ['typ', 'Bearer'],
    isClientToken: (claims) =>
      (claims.sid === undefined && claims.session_state === undefined) ||
      ['client_id', 'clientId', 'clientHost'].some((claim) => claim in claims),
    scopes: ({ scope }) => words(scope),
  },
  /** Entra ID, v2.0 tokens: `scp` for users, app roles for apps, `uti` for the token. */
  entra: {
    types: ['jwt'],
    clientId: ['azp', 'appid'],
    tokenId: 'uti',
    audience: 'aud',
    isClientToken: ({ idtyp, scp }) => idtyp === 'app' || (idtyp === undefined && scp === undefined),
    scopes: ({ scp, roles }) => (scp === undefined ? texts(roles) : words(scp)),
  },
  /** Cognito's access tokens have no `aud` and no `typ`; they name the client, and say that they are access tokens. */
  cognito: {
    types: [undefined, 'jwt'],
    clientId: ['client_id'],
    tokenId: 'jti',
    audience: 'client_id',
    marker: ['token_use', 'access'],
    isClientToken: ({ sub }, clientId) => sub === clientId,
    scopes: ({ scope }) => words(scope),
  },
  /** Okta's custom authorization servers: `cid` for the client, `uid` for the user, `scp` as a list. */
  okta: {
    types: [undefined, 'jwt'],
    clientId: ['cid'],
    tokenId: 'jti',
    audience: 'aud',
    isClientToken: ({ uid }) => uid === undefined,
    scopes: ({ scp }) => texts(scp),
  },
} as const satisfies Record<string, IssuerProfile>;

export type IssuerProfileName = keyof typeof ISSUER_PROFILES;

/** Claims that only other tokens have: ID tokens, logout tokens, and what a session hands out besides access. */
const FOREIGN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'];

/** Why a token is no access token, whatever it was signed for; undefined for one that may be. */
export function foreignTo(profile: IssuerProfile, claims: Claims): string | undefined {
  // RFC 7523 section 3: a client's assertion about itself.
  if (claims.iss === claims.sub) return 'iss is sub, so it is a client assertion';
  if (profile.marker !== undefined) {
    const [claim, value] = profile.marker;
    return claims[claim] === value ? undefined : `${claim} is not ${value}`;
  }
  const foreign = FOREIGN_CLAIMS.find((claim) => claim in claims);
  return foreign && `has ${foreign}, so it is no access token`;
}

/**
 * The words of a text. Some issuers write a list instead, of which each entry is one.
 *
 * @throws TypeError when there is something else
 */
function words(value: unknown): string[] {
  if (value === undefined) return [];
  const list = typeof value === 'string' ? value.split(' ') : value;
  if (!Array.isArray(list) || !list.every((word) => typeof word === 'string'))
    throw new TypeError('neither a text nor a list of texts');
  return list.filter((word) => word !== '');
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}
