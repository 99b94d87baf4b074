import type { BindingSettings, SigningKey } from '@portcullis/auth/internal';
import type { Client, Configuration, JWK, KoaContextWithOIDC } from 'oidc-provider';
import type { AdapterParts } from './artifact-adapter.js';
import { ArtifactAdapter } from './artifact-adapter.js';
import { describedScopes, scopeAsked } from './described-scopes.js';
import { loginPolicy } from './login-policy.js';
import { noteProvenClient } from './proven-client.js';
import type { ProviderLibrary } from './provider-library.js';
import type { FoundToken } from './sent-token.js';
import type { ServerAccounts } from './server-accounts.js';
import type { ServerClients } from './server-clients.js';
import type { ServerGrants } from './server-grants.js';
import { OWN_SCOPES, SIGNATURES } from './server-metadata.js';
import type { ServerPages } from './server-pages.js';
import { basePathOf, INTERACTION, ROUTES } from './server-paths.js';
import type { ServerProofs } from './server-proofs.js';
import type { DescribedScopes, OAuthServerSettings } from './server-settings.js';
import type { ServerTokens } from './server-tokens.js';

/** What the provider needs of the app. */
export interface ConfigurationParts extends AdapterParts {
  readonly settings: OAuthServerSettings;
  readonly accounts: ServerAccounts;
  readonly clients: ServerClients;
  readonly grants: ServerGrants;
  readonly tokens: ServerTokens;
  readonly issuer: string;
  /** The one that signs first. */
  readonly keys: readonly SigningKey[];
  /** Sign cookies; the first one makes them. */
  readonly cookieKeys: readonly string[];
  readonly binding: BindingSettings['binding'];
  readonly proofs: ServerProofs;
  /** What nonces of DPoP are made from: 32 bytes. */
  readonly nonceSecret: Buffer;
  readonly certificateIn: (context: KoaContextWithOIDC) => string | undefined;
  readonly pages: ServerPages;
  /** To be called where somebody has typed a code of a device that is none. */
  readonly noteWrongCode: (context: KoaContextWithOIDC) => Promise<void>;
}

/** How long a token works, in seconds. */
type TtlFunction = (
  context: KoaContextWithOIDC,
  token: { readonly resourceServer?: { readonly audience?: string } },
  client: { readonly access_token_seconds?: unknown } | undefined,
) => number;

/** Metadata of ours that clients have besides those of RFC 7591. */
const OUR_METADATA = [
  'consent',
  'access_token_seconds',
  'compact_tokens',
  'granted_scopes',
  'describes_itself',
];

/** How far ahead a client's assertion may end (RFC 7523 section 3, point 4). */
const LONGEST_ASSERTION_SECONDS = 3_600;

/** What the provider is told. What is not named here is off: implicit, hybrid, password, CIBA, JARM, dynamic registration. */
export function serverConfiguration(library: ProviderLibrary, parts: ConfigurationParts): Configuration {
  const { settings, issuer, keys, tokens, errors, pages } = parts;
  const algorithm = keys[0]?.alg as 'EdDSA';
  const lifetime: TtlFunction = (_, token, client) =>
    tokens.lifetimeOf(client, token.resourceServer?.audience);
  return {
    adapter: (model: string) =>
      model === 'Client'
        ? ({ find: (id: string) => parts.clients.metadataOf(id, library.Provider.ctx) } as never)
        : new ArtifactAdapter(model, parts),
    clockTolerance: tokens.clockToleranceSeconds,
    jwks: { keys: keys.map(jwkOf) },
    routes: ROUTES,
    cookies: cookiesOf(issuer, parts.cookieKeys),
    scopes: [...OWN_SCOPES],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'preferred_username', 'picture', 'locale'],
      email: ['email', 'email_verified'],
    },
    clientDefaults: {
      grant_types: ['authorization_code'],
      id_token_signed_response_alg: algorithm,
    },
    enabledJWA: {
      idTokenSigningAlgValues: [...new Set(keys.map(({ alg }) => alg))] as never,
      clientAuthSigningAlgValues: [...SIGNATURES],
      dPoPSigningAlgValues: [...parts.binding.algorithms] as never,
    },
    assertJwtClientAuthClaimsAndHeader: async (context, { aud, exp }, __, { clientId }) => {
      noteProvenClient(context, clientId);
      // Any other server that it is for could use it here.
      if (Array.isArray(aud) && aud.length > 1)
        throw new errors.InvalidClientAuth('the client_assertion is for others as well');
      // It is remembered until then, and its client has chosen it.
      if (Number(exp) > Date.now() / 1000 + LONGEST_ASSERTION_SECONDS)
        throw new errors.InvalidClientAuth('the client_assertion ends more than an hour ahead');
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    extraClientMetadata: { properties: OUR_METADATA },
    clientBasedCORS: (_, origin, client) => originsOf(client as never).has(origin),
    findAccount: (_, subject) => parts.accounts.find(subject),
    loadExistingGrant: (context) => parts.grants.existing(context),
    interactions: {
      url: (_, { uid }) => `${basePathOf(issuer)}${INTERACTION}${uid}`,
      policy: loginPolicy(library, parts.now),
    },
    acrValues: ['mfa'],
    issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
    // What was not asked for beyond the login ends with it.
    expiresWithSession: async (_, code) => code.kind !== 'DeviceCode' && !code.scopes.has('offline_access'),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: lifetime,
      ClientCredentials: lifetime,
      AuthorizationCode: settings.codeSeconds,
      DeviceCode: settings.deviceCodeSeconds,
      Grant: settings.consentSeconds,
      IdToken: settings.idTokenSeconds,
      Interaction: settings.interactionSeconds,
      PushedAuthorizationRequest: 60,
      RefreshToken: settings.refreshTokenSeconds,
      ReplayDetection: 300,
      // One of nobody holds what a form is told from others by, and comes with any visit.
      Session: (_: unknown, { accountId }: { readonly accountId?: string }) =>
        accountId === undefined ? settings.interactionSeconds : settings.consentSeconds,
    } as never,
    // What it would ask of others by itself we ask, so that it leads nowhere else.
    fetch: refuseToFetch,
    renderError: async (context, { error }) => pages.error(context, error),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: {
        enabled: true,
        charset: 'base-20',
        mask: '****-****',
        userCodeInputSource: async (context, form, out, error) => {
          // Its form belongs to no session, and would be refused again.
          if (out !== undefined && context.oidc.session?.exp === undefined)
            return pages.error(context, out.error);
          if (error?.name === 'NotFoundError') await parts.noteWrongCode(context);
          pages.askUserCode(context, form, error && (error.name === 'AbortedError' ? 'aborted' : 'wrong'));
        },
        userCodeConfirmSource: async (context, form, client, __, userCode) =>
          pages.askDevice(context, form, {
            client: client.clientName ?? client.clientId,
            isUnknown: client.describes_itself === true,
            userCode,
            describe: ({ scopes }) => askedByDevice(context, client, tokens, scopes),
          }),
        successSource: async (context) => pages.deviceDone(context),
      },
      dPoP: {
        enabled: true,
        nonceSecret: parts.nonceSecret,
        // Asked of each proof, before it is looked at: it says all that is to be said of its time and its nonce.
        requireNonce: (context) => {
          parts.proofs.demandFresh(context, errors);
          return false;
        },
      },
      introspection: {
        enabled: true,
        allowedPolicy: (_, client, token) => mayIntrospect(client, token as never, parts),
      },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => mayRevoke(client, token as never) },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: async (context, form) => pages.askLogout(context, form),
        postLogoutSuccessSource: async (context) => pages.loggedOut(context),
      },
      backchannelLogout: { enabled: true },
      userinfo: { enabled: true },
      claimsParameter: { enabled: false },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: (context) => parts.certificateIn(context as never),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => tokens.ownResource,
        useGrantedResource: () => true,
        // Each grant asks here, when it begins and for each of its tokens: nothing else bounds what a client gets.
        getResourceServerInfo: (_, resource, client) => {
          const scopes = tokens.scopesFor(client, resource);
          if (scopes === undefined) throw new errors.InvalidTarget('there is no such API');
          return { audience: resource, scope: Object.keys(scopes).join(' '), accessTokenFormat: 'jwt' };
        },
      },
    },
  };
}

async function refuseToFetch(url: unknown): Promise<never> {
  throw new Error(`The provider was about to ask ${url} by itself`);
}

function jwkOf({ privateKey, kid, alg }: SigningKey): JWK {
  return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } as JWK;
}

/** For this host alone where there is TLS (RFC 6265bis section 4.1.3); that of an interaction belongs to its path. */
function cookiesOf(issuer: string, keys: readonly string[]): NonNullable<Configuration['cookies']> {
  const secure = issuer.startsWith('https:');
  const attributes = { httpOnly: true, sameSite: 'lax', signed: true, secure, overwrite: true } as const;
  return {
    keys: [...keys],
    names: {
      session: secure ? '__Host-oauth' : 'oauth',
      interaction: secure ? '__Secure-oauth-interaction' : 'oauth-interaction',
      resume: secure ? '__Secure-oauth-resume' : 'oauth-resume',
    },
    long: { ...attributes, path: '/' },
    short: attributes,
  };
}

/** What a device asks for, in words for people. */
function askedByDevice(
  { oidc }: KoaContextWithOIDC,
  client: Client,
  tokens: ServerTokens,
  words: DescribedScopes,
): readonly string[] {
  const { params = {} } = (oidc.entities.DeviceCode ?? {}) as {
    params?: { scope?: string; resource?: unknown };
  };
  const known = tokens.scopesAsked(client, params.resource);
  return describedScopes(scopeAsked(client, params.scope), known, words).map(
    ({ description }) => description,
  );
}

/** Pages of a client may ask from where its users come back to. */
function originsOf({
  redirectUris = [],
}: {
  readonly redirectUris?: readonly string[];
}): ReadonlySet<string> {
  return new Set(redirectUris.filter((uri) => URL.canParse(uri)).map((uri) => new URL(uri).origin));
}

type AskingClient = { readonly clientId: string; readonly clientAuthMethod?: string | undefined };

/** Only those for whom a token is, or who have it themselves. */
async function mayIntrospect(
  { clientId, clientAuthMethod }: AskingClient,
  { extra, accountId, ...token }: FoundToken,
  { tokens, accounts }: ConfigurationParts,
): Promise<boolean> {
  if (clientAuthMethod === 'none') return false;
  if (token.clientId !== clientId && !tokens.isResource(clientId, token.aud)) return false;
  const subject = accountId ?? extra?.sub;
  // Nothing is worth anything to whoever asks here once its user is gone.
  return subject === undefined || (await accounts.find(String(subject))) !== undefined;
}

/**
 * The client that a token was given to (RFC 7009 section 2.1). What the app gives out itself is ended by whoever has it, and has proven who
 * they are: it is in wrong hands then. Where it is bound to a key, to have it proves nothing.
 */
function mayRevoke({ clientId, clientAuthMethod }: AskingClient, token: FoundToken): boolean {
  if (!token.isOfTheApp) return token.clientId === clientId;
  const isBound = token.jkt !== undefined || token['x5t#S256'] !== undefined;
  return clientAuthMethod !== 'none' && (!isBound || token.clientId === clientId);
}
