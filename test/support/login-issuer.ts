import type { RequestListener } from 'node:http';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';
import type { ClientMetadata, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { listen } from './listen.js';
import { withoutQuickStartNotices } from './oidc-provider.js';

export interface LoginIssuerOptions {
  /** What its URL has behind the origin, such as a tenant. */
  readonly path?: string;
  readonly clients: readonly ClientMetadata[];
  /** What it says of its accounts, by their ids. */
  readonly accounts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Whether ID tokens have what was asked for by scopes, too. */
  readonly hasClaimsInIdTokens?: boolean;
  /** Sent for its back-channel logouts. */
  readonly fetch?: typeof fetch;
  readonly configuration?: Configuration;
}

/** A real OpenID provider that people log in at: somebody else's, as far as a Portcullis app is concerned. */
export interface LoginIssuer {
  readonly origin: string;
  readonly issuer: string;
  /** Whoever sits at the browser. */
  account: string;
  /** By what they have logged in there (RFC 8176). */
  amr: readonly string[] | undefined;
  /** When they have logged in there, in seconds since the epoch; undefined for now. */
  loggedInAt: number | undefined;
  /** What they answer to the question whether they log in. */
  refusal: string | undefined;
  /** Whether it hangs up on everybody. */
  isAway: boolean;
  /** What it answers at further paths. */
  readonly documents: Map<string, object>;
  /** A token of its, whatever is in it. */
  sign(claims: JWTPayload, header?: object): Promise<string>;
  /** Signs with a new key from now on, and knows the old one no more. Making one takes as long as it likes, up to seconds. */
  rotateKeys(to?: CryptoKey): Promise<void>;
  close(): Promise<void>;
}

export async function makeLoginIssuerKey(): Promise<CryptoKey> {
  return (await generateKeyPair('RS256', { extractable: true })).privateKey;
}

export async function startLoginIssuer(options: LoginIssuerOptions): Promise<LoginIssuer> {
  const restoreConsole = withoutQuickStartNotices();
  let answer: RequestListener = () => {};
  const server = await listen((request, response) => {
    if (running.isAway) request.socket.destroy();
    else if (running.documents.has(request.url ?? ''))
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify(running.documents.get(request.url ?? '')));
    else answer(request, response);
  });
  const issuer = server.url + (options.path ?? '');
  const errors: unknown[] = [];
  let key: CryptoKey;
  const { Provider } = await import('oidc-provider');
  const running: LoginIssuer = {
    origin: server.url,
    issuer,
    account: Object.keys(options.accounts)[0] ?? '',
    amr: undefined,
    loggedInAt: undefined,
    refusal: undefined,
    isAway: false,
    documents: new Map(),
    sign: async (claims, header) => {
      const kid = await calculateJwkThumbprint(await exportJWK(key));
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(key);
    },
    rotateKeys: async (to) => {
      key = to ?? (await makeLoginIssuerKey());
      const provider = new Provider(issuer, await configuration(options, key));
      provider.on('server_error', (_, error) => errors.push(error));
      answer = withLogin(provider, running, errors, options.path ?? '');
    },
    close: async () => {
      await server.close();
      restoreConsole();
      if (errors.length > 0) throw new AggregateError(errors, 'The OpenID provider had errors of its own');
    },
  };
  await running.rotateKeys();
  return running;
}

async function configuration(options: LoginIssuerOptions, key: CryptoKey): Promise<Configuration> {
  const jwk = await exportJWK(key);
  const { accounts, clients, hasClaimsInIdTokens = true } = options;
  return {
    jwks: { keys: [{ ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }] },
    cookies: { keys: ['a key of the test'] },
    clients: [...clients],
    claims: {
      openid: ['sub', 'tid', 'oid', 'acr', 'amr', 'sid'],
      email: ['email', 'email_verified'],
      profile: ['name'],
    },
    conformIdTokenClaims: !hasClaimsInIdTokens,
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, ...accounts[accountId] }),
    }),
    interactions: { url: (_, { uid }) => `${options.path ?? ''}/interaction/${uid}` },
    loadExistingGrant: grantEverything,
    pkce: { required: () => true },
    ...(options.fetch && { fetch: options.fetch }),
    ttl: {
      ...{ AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 60, Session: 300 },
    },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        // Whoever comes wants to.
        logoutSource: (context, form) => {
          const answered = form.replace('</form>', '<input type="hidden" name="logout" value="yes"/></form>');
          context.body = `${answered}<script>document.forms[0].submit()</script>`;
        },
      },
    },
    ...options.configuration,
  };
}

/** Every user consents to everything, without being asked. */
async function grantEverything({ oidc }: KoaContextWithOIDC) {
  const { client, session, provider } = oidc;
  const grant = new provider.Grant({
    accountId: session?.accountId as string,
    clientId: client?.clientId as string,
  });
  grant.addOIDCScope('openid email profile');
  await grant.save();
  return grant;
}

/** The provider, with a login page at which somebody has typed in who they are. */
function withLogin(
  provider: Provider,
  running: LoginIssuer,
  errors: unknown[],
  path: string,
): RequestListener {
  const handle = provider.callback();
  return async (request, response) => {
    const url = request.url ?? '';
    if (!url.startsWith(`${path}/interaction/`)) {
      // Mounted below its path, as it would be in an app.
      (request as { originalUrl?: string }).originalUrl = url;
      request.url = url.slice(path.length);
      return handle(request, response);
    }
    try {
      const { refusal, account, amr, loggedInAt } = running;
      const result =
        refusal === undefined
          ? {
              login: {
                accountId: account,
                ...(amr && { amr: [...amr] }),
                ...(loggedInAt !== undefined && { ts: loggedInAt }),
              },
            }
          : { error: refusal, error_description: 'They did not want to.' };
      await provider.interactionFinished(request, response, result);
    } catch (error) {
      errors.push(error);
      response.writeHead(500).end();
    }
  };
}
