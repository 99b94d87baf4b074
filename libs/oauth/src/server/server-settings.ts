import type { ConfiguredOAuthClient, DirectoryUser, RequestLimit } from '@portcullis/auth';
import type { OAuthPageLanguages } from './page-texts.js';

/** Injects the {@link OAuthServerSettings}. */
export const OAUTH_SERVER_SETTINGS = Symbol('portcullis.oauth-server');

/** Scopes that clients may be given, with what people read about them: `{ 'parcels:read': 'See your parcels' }`. */
export type DescribedScopes = Readonly<Record<string, string>>;

/** Another API than this app, whose tokens this server gives out as well. */
export interface OAuthResource {
  readonly scopes: DescribedScopes;
  /** How long access tokens for it work, in seconds. By default `tokens.issuer.lifetimeSeconds`. */
  readonly accessTokenSeconds?: number;
  /** The ids of clients that are this API: they may ask what a token for it is worth (RFC 7662). By default none. */
  readonly introspectedBy?: readonly string[];
}

/** Paths of pages of the app, each of which is sent what it is about. */
export interface OAuthPages {
  /** Where people log in: it is sent `?interaction=`. */
  readonly login: string;
  /** Where people are asked whether a client may act for them: it is sent `?interaction=`. */
  readonly consent: string;
}

/** Clients that nobody here has looked at: what they may have at most. */
interface OAuthStrangers {
  /** Which scopes they may ask their users for at most, with wildcards. */
  readonly scopes: readonly string[];
}

/** Clients that register themselves (RFC 7591). */
export interface OAuthRegistration extends OAuthStrangers {
  /** Who may: whoever has an API key or an access token with the scope `clients:register`, or anybody on the internet. */
  readonly openTo: 'holders-of-tokens' | 'everybody';
  /** How many there are at most. */
  readonly maxClients: number;
}

/** Clients whose id is the URL of a document about them (draft-ietf-oauth-client-id-metadata-document). */
export interface OAuthClientDocuments extends OAuthStrangers {
  /** Hosts that may vouch for clients. By default any. */
  readonly hosts?: readonly string[];
  /** Certificate authorities, as PEM, in place of those that Node brings. */
  readonly ca?: string;
}

/** How long something works, in seconds. */
export interface OAuthLifetimes {
  readonly codeSeconds: number;
  readonly deviceCodeSeconds: number;
  /** How long somebody may take to log in and to agree. */
  readonly interactionSeconds: number;
  readonly refreshTokenSeconds: number;
  readonly idTokenSeconds: number;
  readonly consentSeconds: number;
  /** How long whoever loses a race for a refresh token is only refused, and not taken for a thief. */
  readonly refreshGraceSeconds: number;
}

/** What the module was given, with its defaults. */
export interface OAuthServerSettings extends OAuthPages, OAuthLifetimes {
  /** Those that the code of the app names, besides those in the store. */
  readonly clients: readonly ConfiguredOAuthClient[];
  readonly scopes: DescribedScopes;
  readonly resources: Readonly<Record<string, OAuthResource>>;
  /** The ids of clients that are this API as well. */
  readonly introspectedBy: readonly string[];
  /** Undefined while no client registers itself. */
  readonly registration: OAuthRegistration | undefined;
  /** Undefined while no URL is a client. */
  readonly clientDocuments: OAuthClientDocuments | undefined;
  /** What the server's own pages say, by language. */
  readonly texts: OAuthPageLanguages;
  /** Networks besides the internet in which clients have servers. */
  readonly clientNetworks: readonly string[];
  /** How often each client, and each address, may have tokens introspected and revoked. */
  readonly tokenLookups: RequestLimit;
  /** How often each address may begin something that is remembered before anybody has logged in. */
  readonly authorizationRequests: RequestLimit;
  /** What of a user clients may know, under the names of OpenID Connect Core section 5.1. */
  readonly claimsOf: ((user: DirectoryUser) => Readonly<Record<string, unknown>>) | undefined;
}
