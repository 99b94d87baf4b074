import type { UpstreamIdentity, UpstreamProfile } from '@portcullis/auth';

/** What is said of users, as the other side says it. */
export type Claims = Readonly<Record<string, unknown>>;

/** A key that this app is known by at the other side, which has the public one. */
export interface ClientKey {
  /** In PEM: of EC on P-256, Ed25519, or RSA with at least 2048 bits. It never leaves the app. */
  readonly privateKey: string;
  /** What the issuer calls it, where it knows several. */
  readonly keyId?: string;
}

interface ClientOptions {
  /** Of this app at the other side. */
  readonly clientId: string;
  /** Makes one for each login where it is a function. Without it the client is a public one, and PKCE alone binds its codes. */
  readonly clientSecret?: string | (() => string | Promise<string>);
  /**
   * Signs for this app in the place of a secret (`private_key_jwt`, OpenID Connect Core section 9, RFC 7523 section 2.2): ES256, RS256 or Ed25519 (as
   * RFC 9864 names it, and not EdDSA), by the kind of the key. Without `clientSecret` and `clientAuthentication`.
   */
  readonly clientKey?: ClientKey;
  /** How the secret is sent. By default as the issuer says that it takes it, in the body where it takes it in both places. */
  readonly clientAuthentication?: 'client_secret_basic' | 'client_secret_post';
  /** What is asked for; `openid` is always among it where the issuer speaks OpenID Connect. */
  readonly scopes?: readonly string[];
  /** Further parameters of the request to log in, such as `{ prompt: 'select_account' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /**
   * Whether somebody whose address both sides have verified is linked without asking (`UserDirectory.findByVerifiedEmail`). Only for an
   * issuer that gives an address to nobody else, ever. By default not.
   */
  readonly linkByEmail?: boolean;
  /** Whether whoever is not known here gets an account (`UserDirectory.createFor`). By default not. */
  readonly createUsers?: boolean;
  /** Reach it by plain http where it is on loopback: for development and tests. */
  readonly allowHttpOnLoopback?: boolean;
}

/** An issuer of OpenID Connect. All else is asked of it (OpenID Connect Discovery). */
export interface OpenIdProvider extends ClientOptions {
  /** Its URL, to the letter of `iss`. */
  readonly issuer: string;
  /** Where its metadata are, if not below the issuer. */
  readonly metadataUrl?: string;
  /** What it may sign ID tokens with. By default whatever is asymmetric and current. */
  readonly algorithms?: readonly string[];
  /** How the answer comes back: in the URL, or in a form that its page posts (OAuth 2.0 Form Post Response Mode). */
  readonly responseMode?: 'query' | 'form_post';
  /** Turns claims into what they mean, where the issuer has its own way to write them. */
  readonly claimsOf?: (claims: Claims) => Claims;
  /**
   * Whom the claims are about; undefined for whom this app does not let in. By default `iss` and `sub`.
   *
   * @param claims of an ID token whose signature was verified
   */
  readonly identityOf?: (claims: Claims) => UpstreamIdentity | undefined;
}

/** Somebody as a provider without ID tokens describes them. */
export type OAuthProfile = Omit<UpstreamProfile, 'provider' | 'iss'>;

/** A provider that speaks OAuth 2.0 alone: it says who has logged in to whoever comes with an access token. */
export interface OAuthProvider extends ClientOptions {
  /** What its logins are known by: its URL, or `iss` of its answers (RFC 9207). */
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /**
   * Asks who has logged in.
   *
   * @param read gets JSON with the user's access token
   */
  readonly profileOf: (read: (url: string) => Promise<unknown>) => Promise<OAuthProfile>;
}

export type LoginProvider = OpenIdProvider | OAuthProvider;

export function isOpenId(provider: LoginProvider): provider is OpenIdProvider {
  return !('tokenEndpoint' in provider);
}

/** What its answers are sent by, and so how they come back. */
export function usesFormPost(provider: LoginProvider): boolean {
  return isOpenId(provider) && provider.responseMode === 'form_post';
}
