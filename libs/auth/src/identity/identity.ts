import { ScopeSet } from '../access/scopes.js';

/** The facts that prove an application: those of its API key, or of a token that it got for itself. */
export interface AppIdentityInit {
  /** The application; from a token, its `client_id`. */
  readonly appId: string;
  /** The application's name as people know it. */
  readonly name: string;
  /** The public part of the API key, if it was one; safe to log. */
  readonly keyId?: string;
  /** `iss` of the token, if it was one. The same `client_id` of another issuer is another application. */
  readonly issuer?: string;
  /** `jti` of the token, if it was one; safe to log. */
  readonly tokenId?: string;
  /** The granted scopes, wildcards as they were granted. */
  readonly scopes: readonly string[];
}

/** The facts that an access token proves. */
export interface UserIdentityInit {
  /** `iss`: who vouches for the user. The same `sub` from another issuer is another user. */
  readonly issuer: string;
  /** `sub`: the user, as the issuer names them. */
  readonly subject: string;
  /** `client_id`: the client that the token was issued to (RFC 9068 section 2.2). */
  readonly clientId: string;
  /** `jti`: the token's own name; safe to log. */
  readonly tokenId: string;
  /** `iat`, in seconds since the epoch. */
  readonly issuedAt: number;
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The granted scopes, wildcards as they were granted. */
  readonly scopes: readonly string[];
  /** Every claim of the token, deeply frozen. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Which application is calling. Immutable. */
export class AppIdentity implements AppIdentityInit {
  readonly kind = 'app';
  readonly appId: string;
  readonly name: string;
  readonly keyId?: string;
  readonly issuer?: string;
  readonly tokenId?: string;
  readonly scopes: readonly string[];
  readonly #granted: ScopeSet;

  constructor(init: AppIdentityInit) {
    this.appId = init.appId;
    this.name = init.name;
    if (init.keyId !== undefined) this.keyId = init.keyId;
    if (init.issuer !== undefined) this.issuer = init.issuer;
    if (init.tokenId !== undefined) this.tokenId = init.tokenId;
    this.scopes = Object.freeze([...init.scopes]);
    this.#granted = new ScopeSet(this.scopes);
    Object.freeze(this);
  }

  /** Whether the key was granted `scope`, by name or by wildcard. */
  hasScope(scope: string): boolean {
    return this.#granted.has(scope);
  }
}

/** On whose behalf the call is made: a proven access token. Immutable. */
export class UserIdentity implements UserIdentityInit {
  readonly kind = 'user';
  readonly issuer: string;
  readonly subject: string;
  readonly clientId: string;
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly scopes: readonly string[];
  readonly claims: Readonly<Record<string, unknown>>;
  readonly #granted: ScopeSet;

  constructor(init: UserIdentityInit) {
    this.issuer = init.issuer;
    this.subject = init.subject;
    this.clientId = init.clientId;
    this.tokenId = init.tokenId;
    this.issuedAt = init.issuedAt;
    this.expiresAt = init.expiresAt;
    this.scopes = Object.freeze([...init.scopes]);
    this.claims = deepFreeze(init.claims);
    this.#granted = new ScopeSet(this.scopes);
    Object.freeze(this);
  }

  /** Whether the token was granted `scope`, by name or by wildcard. */
  hasScope(scope: string): boolean {
    return this.#granted.has(scope);
  }
}

export type Identity = AppIdentity | UserIdentity;

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
