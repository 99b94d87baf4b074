import type { JsonWebKey } from 'node:crypto';
import { type GivenJwk, MessageSignatureKey } from '../binding/message-signature-key.js';
import { InputError } from '../errors.js';
import { isGrantableScope } from '../scopes.js';
import { checkedRedirectUris, checkedServerUrl } from './client-uris.js';

/**
 * What kind of client it is. `web`: pages of a server, which keeps a secret. `browser`: pages that do everything by script, and keep none.
 * `native`: an app on its user's device. `device`: something without a browser, let in by its user on another device (RFC 8628). `machine`:
 * acts for itself alone.
 */
export const OAUTH_CLIENT_KINDS = ['web', 'browser', 'native', 'device', 'machine'] as const;
export type OAuthClientKind = (typeof OAUTH_CLIENT_KINDS)[number];

/** How it proves that it is itself: by a secret, by a signature (RFC 7523), or not at all. */
export const OAUTH_CLIENT_AUTHENTICATIONS = ['secret', 'private-key-jwt', 'none'] as const;
export type OAuthClientAuthentication = (typeof OAUTH_CLIENT_AUTHENTICATIONS)[number];

/** A public key of a client. */
export type OAuthClientKey = JsonWebKey & { readonly kid?: string; readonly alg?: string };

/** How a client may use the authorization server. */
export interface OAuthClientDetails {
  readonly kind: OAuthClientKind;
  readonly authentication: OAuthClientAuthentication;
  /** Where browsers come back to, by the letter; of a native client on a loopback address the port may be any (RFC 8252 section 7.3). */
  readonly redirectUris: readonly string[];
  /** Where browsers may go on after a logout. */
  readonly postLogoutRedirectUris: readonly string[];
  /** Where it is told that a user has logged out (OpenID Connect Back-Channel Logout). */
  readonly backchannelLogoutUri: string | null;
  /** What it may ask for at most, with wildcards, besides what OpenID Connect defines. */
  readonly scopes: readonly string[];
  /** Its public keys, where it authenticates by a signature and `jwksUri` is null. */
  readonly jwks: { readonly keys: readonly OAuthClientKey[] } | null;
  /** Where its public keys are. */
  readonly jwksUri: string | null;
  /** Whether users are asked; `skip` is for clients of the app's own. */
  readonly consent: 'ask' | 'skip';
  /** Whether its tokens may be bound to a key (DPoP) or a certificate, or have to be. */
  readonly binding: 'accept' | 'demand';
  /** How long its access tokens work, in seconds. Null: as long as those of the app. */
  readonly accessTokenSeconds: number | null;
  /** Which claims its access tokens have; `compact` is for devices that have little room. */
  readonly claims: 'full' | 'compact';
  /** Whether it may exchange tokens that it was given for others (RFC 8693). */
  readonly mayExchange: boolean;
  /** Whether it has registered itself (RFC 7591): nobody here has looked at what it says of itself. */
  readonly isRegistered: boolean;
}

/** What a client is made of. What is left out has its default. */
export interface NewOAuthClient extends Partial<Omit<OAuthClientDetails, 'kind' | 'jwks'>> {
  /** What people are asked about. */
  readonly name: string;
  readonly kind: OAuthClientKind;
  readonly jwks?: { readonly keys: readonly GivenJwk[] } | null;
}

/** What may be changed of a client that is there. */
export type OAuthClientChanges = Partial<Omit<NewOAuthClient, 'kind' | 'authentication' | 'isRegistered'>>;

const LONGEST_NAME = 100;
const MOST_SCOPES = 100;
const MOST_KEYS = 10;
const LONGEST_TOKEN_SECONDS = 86_400;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they would let a name look like another one.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

const REDIRECTED: readonly OAuthClientKind[] = ['web', 'browser', 'native'];
const SECRET_KEEPING: readonly OAuthClientKind[] = ['web', 'machine'];

/**
 * What a client may do, with its defaults: `web` and `machine` have a secret, the others none.
 *
 * @param allowHttpOnLoopback whether redirects to http://localhost are good enough, as where the server itself is tried out there
 * @throws InputError naming what makes no sense
 */
export function checkedClient(
  client: NewOAuthClient,
  allowHttpOnLoopback: boolean,
): { readonly name: string; readonly details: OAuthClientDetails } {
  const { kind, mayExchange = false, consent = 'ask', binding = 'accept', claims = 'full' } = client;
  check(OAUTH_CLIENT_KINDS.includes(kind), `kind must be one of ${OAUTH_CLIENT_KINDS.join(', ')}`);
  const authentication = client.authentication ?? (SECRET_KEEPING.includes(kind) ? 'secret' : 'none');
  checkAuthentication(kind, authentication);
  check(typeof mayExchange === 'boolean', 'mayExchange must be true or false');
  check(
    !mayExchange || authentication !== 'none',
    'mayExchange is for clients that authenticate: whoever has a token of theirs could exchange it otherwise',
  );
  check(consent === 'ask' || consent === 'skip', 'consent must be ask or skip');
  check(binding === 'accept' || binding === 'demand', 'binding must be accept or demand');
  check(claims === 'full' || claims === 'compact', 'claims must be full or compact');
  const details: OAuthClientDetails = {
    ...{ kind, authentication, mayExchange, consent, binding, claims },
    ...urisOf(client, allowHttpOnLoopback),
    ...keysOf(client, authentication, allowHttpOnLoopback),
    scopes: checkedScopes(client.scopes ?? []),
    accessTokenSeconds: checkedSeconds(client.accessTokenSeconds ?? null),
    isRegistered: client.isRegistered === true,
  };
  return { name: checkedName(client.name), details };
}

function checkAuthentication(kind: OAuthClientKind, authentication: OAuthClientAuthentication): void {
  check(
    OAUTH_CLIENT_AUTHENTICATIONS.includes(authentication),
    `authentication must be one of ${OAUTH_CLIENT_AUTHENTICATIONS.join(', ')}`,
  );
  if (SECRET_KEEPING.includes(kind))
    check(authentication !== 'none', `a client of the kind ${kind} has to authenticate`);
  if (kind === 'browser' || kind === 'native')
    check(
      authentication === 'none',
      `a client of the kind ${kind} can keep no secret: whoever has it has the secret as well`,
    );
}

function urisOf(
  { kind, redirectUris = [], postLogoutRedirectUris = [], backchannelLogoutUri = null }: NewOAuthClient,
  allowHttpOnLoopback: boolean,
): Pick<OAuthClientDetails, 'redirectUris' | 'postLogoutRedirectUris' | 'backchannelLogoutUri'> {
  const rules = { isNative: kind === 'native', allowHttpOnLoopback };
  const isRedirected = REDIRECTED.includes(kind);
  check(
    isRedirected === redirectUris.length > 0,
    isRedirected
      ? `redirectUris must name where browsers come back to`
      : `a client of the kind ${kind} has no redirectUris`,
  );
  check(
    isRedirected || postLogoutRedirectUris.length === 0,
    `a client of the kind ${kind} has no postLogoutRedirectUris`,
  );
  return {
    redirectUris: checkedRedirectUris('redirectUris', redirectUris, rules),
    postLogoutRedirectUris: checkedRedirectUris('postLogoutRedirectUris', postLogoutRedirectUris, rules),
    backchannelLogoutUri:
      backchannelLogoutUri === null
        ? null
        : checkedServerUrl('backchannelLogoutUri', backchannelLogoutUri, allowHttpOnLoopback),
  };
}

function keysOf(
  { jwks = null, jwksUri = null }: NewOAuthClient,
  authentication: OAuthClientAuthentication,
  allowHttpOnLoopback: boolean,
): Pick<OAuthClientDetails, 'jwks' | 'jwksUri'> {
  const isSigning = authentication === 'private-key-jwt';
  check(
    (jwks === null) !== (jwksUri === null) || !isSigning,
    'name either jwks or jwksUri for a client that authenticates by a signature',
  );
  check(isSigning || (jwks === null && jwksUri === null), 'only private-key-jwt needs jwks or jwksUri');
  return {
    jwks: jwks === null ? null : { keys: checkedKeys(jwks.keys) },
    jwksUri: jwksUri === null ? null : checkedServerUrl('jwksUri', jwksUri, allowHttpOnLoopback),
  };
}

function checkedKeys(keys: readonly GivenJwk[]): readonly OAuthClientKey[] {
  check(
    Array.isArray(keys) && keys.length > 0 && keys.length <= MOST_KEYS,
    `jwks.keys must name 1 to ${MOST_KEYS} keys`,
  );
  return keys.map((given) => {
    try {
      const { jwk } = new MessageSignatureKey(given);
      const { kid, alg } = given as OAuthClientKey;
      return { ...jwk, ...(typeof kid === 'string' && { kid }), ...(typeof alg === 'string' && { alg }) };
    } catch (error) {
      throw error instanceof TypeError ? new InputError(`jwks: ${error.message}`) : error;
    }
  });
}

function checkedScopes(scopes: readonly string[]): readonly string[] {
  check(
    Array.isArray(scopes) && scopes.length <= MOST_SCOPES,
    `scopes must be a list of at most ${MOST_SCOPES}`,
  );
  const invalid = scopes.find((scope) => !isGrantableScope(scope));
  check(invalid === undefined, `${JSON.stringify(invalid)} is not a scope`);
  return [...new Set(scopes)];
}

function checkedSeconds(seconds: number | null): number | null {
  check(
    seconds === null || (Number.isInteger(seconds) && seconds > 0 && seconds <= LONGEST_TOKEN_SECONDS),
    `accessTokenSeconds must be a whole number from 1 to ${LONGEST_TOKEN_SECONDS}`,
  );
  return seconds;
}

function checkedName(name: string): string {
  check(
    typeof name === 'string' && name.trim() !== '' && name.length <= LONGEST_NAME && !UNSEEN.test(name),
    `name must be a text of 1 to ${LONGEST_NAME} characters that can be seen`,
  );
  return name;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InputError(message);
}
