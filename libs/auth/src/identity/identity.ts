import { type ScopeDemand, ScopeSet } from '../scopes.js';
import type { Confirmation } from './confirmation.js';
import type { ProvenLogin } from './proven-login.js';

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
  /** What its credential is bound to, and was proven to be held; undefined for a bearer credential. */
  readonly confirmation?: Confirmation;
  /** The tenant that the application belongs to, if it belongs to one. */
  readonly tenant?: string;
  /** What was noted with the API key; deeply frozen. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The granted scopes, wildcards as they were granted. */
  readonly scopes: readonly string[];
}

/** The facts that an access token or a personal token proves. */
export interface UserIdentityInit {
  /** `iss`: who vouches for the user. The same `sub` from another issuer is another user. */
  readonly issuer: string;
  /** `sub`: the user, as the issuer names them. */
  readonly subject: string;
  /** `client_id`: the client that the access token was issued to (RFC 9068 section 2.2). */
  readonly clientId?: string;
  /** `jti`: the access token's own name; safe to log. */
  readonly tokenId?: string;
  /** The public part of the personal token, if it was one; safe to log. */
  readonly keyId?: string;
  /** What the access token is bound to, and was proven to be held; undefined for a bearer token. */
  readonly confirmation?: Confirmation;
  /** The tenant that the user belongs to, if they belong to one. */
  readonly tenant?: string;
  /** `iat`, in seconds since the epoch. */
  readonly issuedAt: number;
  /** `exp`, in seconds since the epoch; infinite for a personal token without an end. */
  readonly expiresAt: number;
  /** The granted scopes, wildcards as they were granted. */
  readonly scopes: readonly string[];
  /**
   * How the user has logged in, deeply frozen; undefined where nobody who is believed says so, as for a personal token. What
   * `@RequireLogin` asks: the claims are what the issuer wrote, whether or not that counts here.
   */
  readonly login?: ProvenLogin;
  /** Every claim of the access token, deeply frozen; a personal token has none. */
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
  readonly confirmation?: Confirmation;
  readonly tenant?: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  readonly #granted: ScopeSet;

  constructor(init: AppIdentityInit) {
    this.appId = init.appId;
    this.name = init.name;
    if (init.keyId !== undefined) this.keyId = init.keyId;
    if (init.issuer !== undefined) this.issuer = init.issuer;
    if (init.tokenId !== undefined) this.tokenId = init.tokenId;
    if (init.confirmation !== undefined) this.confirmation = init.confirmation;
    if (init.tenant !== undefined) this.tenant = init.tenant;
    this.metadata = deepFreeze(init.metadata ?? {});
    this.scopes = Object.freeze([...init.scopes]);
    this.#granted = new ScopeSet(this.scopes);
    Object.freeze(this);
  }

  /** Whether the key was granted `scope`, by name or by wildcard. */
  hasScope(scope: string): boolean {
    return this.#granted.has(scope);
  }

  /** Whether it was granted all that a handler demands. */
  meets(demand: ScopeDemand): boolean {
    return this.#granted.meets(demand);
  }
}

/** On whose behalf the call is made: a proven access token or personal token. Immutable. */
export class UserIdentity implements UserIdentityInit {
  readonly kind = 'user';
  readonly issuer: string;
  readonly subject: string;
  readonly clientId?: string;
  readonly tokenId?: string;
  readonly keyId?: string;
  readonly confirmation?: Confirmation;
  readonly tenant?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly scopes: readonly string[];
  readonly login?: ProvenLogin;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly #granted: ScopeSet;

  constructor(init: UserIdentityInit) {
    this.issuer = init.issuer;
    this.subject = init.subject;
    if (init.clientId !== undefined) this.clientId = init.clientId;
    if (init.tokenId !== undefined) this.tokenId = init.tokenId;
    if (init.keyId !== undefined) this.keyId = init.keyId;
    if (init.confirmation !== undefined) this.confirmation = init.confirmation;
    if (init.tenant !== undefined) this.tenant = init.tenant;
    this.issuedAt = init.issuedAt;
    this.expiresAt = init.expiresAt;
    this.scopes = Object.freeze([...init.scopes]);
    if (init.login !== undefined) this.login = deepFreeze(init.login);
    this.claims = deepFreeze(init.claims);
    this.#granted = new ScopeSet(this.scopes);
    Object.freeze(this);
  }

  /** Whether the token was granted `scope`, by name or by wildcard. */
  hasScope(scope: string): boolean {
    return this.#granted.has(scope);
  }

  /** Whether it was granted all that a handler demands. */
  meets(demand: ScopeDemand): boolean {
    return this.#granted.meets(demand);
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
