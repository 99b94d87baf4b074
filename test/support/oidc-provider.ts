import type { RequestListener } from 'node:http';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { CookieJar } from './cookie-jar.js';
import { listen } from './listen.js';

export interface OidcProviderOptions {
  /** The API that tokens are asked for: `aud` of the access tokens, and the resource indicator (RFC 8707). */
  readonly audience: string;
  /** Every scope that the API has. */
  readonly scopes: readonly string[];
}

export interface UserTokens {
  readonly accessToken: string;
  readonly idToken: string;
}

/** A real OpenID provider on loopback: somebody else's, as far as a Portcullis app is concerned. */
export interface RunningOidcProvider {
  readonly issuer: string;
  readonly jwksUri: string;
  /** Of its one client, which is named like the API. */
  readonly clientSecret: string;
  /** The client credentials grant: an access token without a user. */
  clientToken(scope: string): Promise<string>;
  /** The authorization code flow, from the browser's first request to the context of the code. */
  logIn(accountId: string, scope: string): Promise<UserTokens>;
  /** @throws when the provider had an error of its own, so that silence hides none */
  close(): Promise<void>;
}

/** RFC 6749 section 5.1, and OpenID Connect Core section 3.1.3.3 for the code flow. */
interface TokenResponse {
  readonly access_token: string;
  readonly id_token: string;
}

const REDIRECT_URI = 'https://client.example/callback';
const CLIENT_SECRET = 'a secret between the test and its provider';

export async function startOidcProvider(options: OidcProviderOptions): Promise<RunningOidcProvider> {
  const restoreConsole = withoutQuickStartNotices();
  let answer: RequestListener = () => {};
  const server = await listen((request, response) => answer(request, response));
  const issuer = server.url;
  const { Provider } = await import('oidc-provider');
  const provider = new Provider(issuer, await configuration(options));
  const errors: unknown[] = [];
  provider.on('server_error', (_, error) => errors.push(error));
  answer = withLogin(provider, errors);

  const client = { client_id: options.audience, client_secret: CLIENT_SECRET };
  const token = (parameters: Record<string, string>) => requestToken(issuer, { ...client, ...parameters });
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    clientSecret: CLIENT_SECRET,
    clientToken: async (scope) => {
      const answered = await token({ grant_type: 'client_credentials', scope, resource: options.audience });
      return answered.access_token;
    },
    logIn: async (accountId, scope) => {
      const query = { scope: `openid ${scope}`, resource: options.audience, login_hint: accountId };
      const code = await authorize(issuer, options.audience, query);
      const answered = await token({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI });
      return { accessToken: answered.access_token, idToken: answered.id_token };
    },
    close: async () => {
      await server.close();
      restoreConsole();
      if (errors.length > 0) throw new AggregateError(errors, 'The OpenID provider had errors of its own');
    },
  };
}

async function configuration({ audience, scopes }: OidcProviderOptions): Promise<Configuration> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return {
    jwks: { keys: [{ ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }] },
    cookies: { keys: ['a key of the test'] },
    clients: [
      {
        // Named like our API, so that `aud` alone doesn't tell its ID tokens from our access tokens.
        client_id: audience,
        client_secret: CLIENT_SECRET,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', 'client_credentials'],
        redirect_uris: [REDIRECT_URI],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    pkce: { required: () => false },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    interactions: { url: (_, { uid }) => `/login/${uid}` },
    loadExistingGrant: (context) => grantEverything(context, scopes),
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 60,
      ClientCredentials: 300,
      Grant: 300,
      IdToken: 300,
      Interaction: 60,
      Session: 60,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: scopes.join(' '),
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}

/** Every user consents to everything, without being asked. */
async function grantEverything({ oidc }: KoaContextWithOIDC, scopes: readonly string[]) {
  const { client, session, provider, params } = oidc;
  const grant = new provider.Grant({
    accountId: session?.accountId as string,
    clientId: client?.clientId as string,
  });
  grant.addOIDCScope('openid');
  grant.addResourceScope(params?.resource as string, scopes.join(' '));
  await grant.save();
  return grant;
}

/** The provider, with a login page that believes everybody to be whom the client hinted at. */
function withLogin(provider: Provider, errors: unknown[]): RequestListener {
  const handle = provider.callback();
  return async (request, response) => {
    if (!request.url?.startsWith('/login/')) return handle(request, response);
    try {
      const { params } = await provider.interactionDetails(request, response);
      await provider.interactionFinished(request, response, {
        login: { accountId: String(params.login_hint) },
      });
    } catch (error) {
      errors.push(error);
      response.writeHead(500).end();
    }
  };
}

/** Walks through the redirects of a login like a browser. */
async function authorize(issuer: string, clientId: string, query: Record<string, string>): Promise<string> {
  const cookies = new CookieJar();
  const parameters = { client_id: clientId, response_type: 'code', redirect_uri: REDIRECT_URI, ...query };
  let location = new URL(`/auth?${new URLSearchParams(parameters)}`, issuer);
  while (location.origin === issuer) {
    const response = await fetch(location, { redirect: 'manual', headers: { cookie: cookies.toString() } });
    cookies.keep(response);
    const next = response.headers.get('location');
    if (next === null)
      throw new Error(`No redirect from ${location}: ${response.status} ${await response.text()}`);
    location = new URL(next, location);
  }
  const code = location.searchParams.get('code');
  if (code === null) throw new Error(`The login failed: ${location.search}`);
  return code;
}

async function requestToken(issuer: string, parameters: Record<string, string>): Promise<TokenResponse> {
  const response = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(parameters) });
  if (!response.ok) throw new Error(`No token: ${response.status} ${await response.text()}`);
  return (await response.json()) as TokenResponse;
}

/** The provider says on the console that this set-up is not for production; everything else goes on to it. */
export function withoutQuickStartNotices(): () => void {
  const { warn, info } = console;
  const without =
    (write: typeof console.warn): typeof console.warn =>
    (first, ...rest) => {
      if (!/oidc-provider (WARNING|NOTICE):/.test(String(first))) write(first, ...rest);
    };
  console.warn = without(warn);
  console.info = without(info);
  return () => Object.assign(console, { warn, info });
}
