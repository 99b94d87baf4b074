import type { Authentication, Confirmation, OAuthGrants } from '@portcullis/auth';
import { scopesWithin } from '@portcullis/auth/internal';
import type {
  AccessToken,
  Client,
  ClientCredentials,
  KoaContextWithOIDC,
  Provider,
  Session,
} from 'oidc-provider';
import type { DevicePolls } from './device-polls.js';
import type { ProviderLibrary } from './provider-library.js';
import type { ServerAccount } from './server-accounts.js';
import type { ServerClients } from './server-clients.js';
import { type FoundToken, hiddenJwt, type ServerTokenReader } from './server-token-reader.js';
import type { ServerTokens } from './server-tokens.js';
import { forRoute, isTokenRoute } from './tokens-at-routes.js';

/** What our models need of the app. */
export interface ModelParts {
  readonly tokens: ServerTokens;
  readonly reader: ServerTokenReader;
  readonly grants: OAuthGrants;
  readonly clients: ServerClients;
  readonly polls: DevicePolls;
  /** Notes a use. @returns whether it is the first */
  readonly firstUse: (id: string, seconds: number) => Promise<boolean>;
}

/** A class of the provider's, which has statics that its types don't name. */
// biome-ignore lint/suspicious/noExplicitAny: what TypeScript demands of the parameters of a class that is extended.
type Any = any;
type Model = (new (
  ...values: Any[]
) => Any) & {
  readonly IN_PAYLOAD: string[];
  find(...which: unknown[]): Promise<Any>;
  readonly prototype: Any;
};

/** What everything that comes of a login holds besides what the provider keeps. */
interface WithLogin {
  /** `sid` of the login at the app. */
  login?: string;
}

/** What tokens come of. */
type Source = WithLogin & { acr?: string; amr?: string[]; authTime?: number };

/**
 * The provider, with models of ours: access tokens are those of this app, logins end with its sessions, and what may be used once is
 * remembered by all instances.
 */
export function withOurModels(library: ProviderLibrary, parts: ModelParts): typeof Provider {
  class OurProvider extends library.Provider {}
  const context = () => library.Provider.ctx;
  /** A client that is disabled at the same time has been refused by now, or what it was issued until now is. */
  const demandEnabled = async (clientId: string) => {
    if ((await parts.clients.find(clientId)) === undefined)
      throw new library.errors.InvalidClient('the client is disabled', 'the client was disabled meanwhile');
  };

  override(library, OurProvider, 'OIDCContext', (Inherited) => {
    return class OIDCContext extends Inherited {
      #params: Record<string, unknown> | undefined;

      get params(): Record<string, unknown> | undefined {
        return this.#params;
      }

      /** The provider knows only tokens of its own; those of the app are JWTs, of which it would refuse to look at any. */
      set params(params: Record<string, unknown> | undefined) {
        this.#params = params;
        if (params !== undefined && isTokenRoute(this.route) && typeof params.token === 'string')
          params.token = hiddenJwt(params.token);
      }
    };
  });

  override(library, OurProvider, 'Session', (Inherited) => {
    return class Session extends Inherited {
      static override get IN_PAYLOAD(): string[] {
        return [...super.IN_PAYLOAD, 'login'];
      }

      loginAccount(details: object): void {
        super.loginAccount(details);
        const { login } = (context()?.oidc.entities.Interaction?.result?.login ?? {}) as WithLogin;
        (this as WithLogin).login = login as string;
      }

      /** The provider would fail where an error is shown to a browser that has no session yet: that has nothing to be kept. */
      async persist(): Promise<unknown> {
        return this.exp === undefined ? undefined : super.persist();
      }
    };
  });

  for (const name of ['AuthorizationCode', 'RefreshToken', 'DeviceCode'] as const)
    override(library, OurProvider, name, (Inherited) => {
      const ours = class extends Inherited {
        static override get IN_PAYLOAD(): string[] {
          return [...super.IN_PAYLOAD, 'login'];
        }

        async save(): Promise<string> {
          const login = loginOf(context());
          if (this.accountId !== undefined && login !== undefined) this.login ??= login;
          return super.save();
        }

        static override async find(...which: unknown[]): Promise<unknown> {
          const found = await super.find(...which);
          const isPolled = name === 'DeviceCode' && context()?.oidc.route === 'token';
          if (isPolled && found !== undefined && isPending(found) && (await parts.polls.isTooSoon(found.jti)))
            throw new library.errors.SlowDown();
          return found;
        }
      };
      // The provider names what it keeps by the class.
      return Object.defineProperty(ours, 'name', { value: name });
    });

  override(library, OurProvider, 'AccessToken', (Inherited) => {
    return class AccessToken extends Inherited {
      async getValueAndPayload(): Promise<{ readonly value: string }> {
        const { accessToken, expiresInSeconds } = await issueFor(this as never, context(), parts.tokens);
        await demandEnabled(this.clientId);
        this.expiresIn = expiresInSeconds;
        return { value: accessToken };
      }

      static override async find(value: unknown): Promise<unknown> {
        const found = await parts.reader.find(value, 'user', isTokenRoute(context()?.oidc.route));
        return instanceOf(this, await forRoute(found, context()));
      }

      async destroy(): Promise<void> {
        await parts.reader.revoke(this as never);
      }

      /** With all else that comes of the grant. */
      static async revokeByGrantId(grantId: string): Promise<void> {
        const reason = context()?.oidc.route ?? 'revoked by the server';
        await parts.grants.end({ grantId }, { reason });
      }
    };
  });

  override(library, OurProvider, 'ClientCredentials', (Inherited) => {
    return class ClientCredentials extends Inherited {
      async getValueAndPayload(): Promise<{ readonly value: string }> {
        const { accessToken, expiresInSeconds } = await issueToClient(this as never, parts.tokens);
        await demandEnabled(this.clientId);
        this.expiresIn = expiresInSeconds;
        return { value: accessToken };
      }

      static override async find(value: unknown): Promise<unknown> {
        return instanceOf(this, await parts.reader.find(value, 'app', isTokenRoute(context()?.oidc.route)));
      }

      async destroy(): Promise<void> {
        await parts.reader.revoke(this as never);
      }
    };
  });

  override(library, OurProvider, 'Client', (Inherited) => {
    // Not a subclass, which could not get at its private statics. Each provider has a class of its own.
    Inherited.prototype.compareClientSecret = function compareClientSecret(this: Client, secret: string) {
      return parts.clients.matchesSecret(this.clientId, secret);
    };
    return Inherited;
  });

  override(library, OurProvider, 'ReplayDetection', (Inherited) => {
    return class ReplayDetection extends Inherited {
      static async unique(issuer: string, id: string, expiresAt: number): Promise<boolean> {
        return parts.firstUse(JSON.stringify(['oauth', issuer, id]), expiresAt - Date.now() / 1000);
      }
    };
  });

  return OurProvider;
}

/** Whether its user has neither let the device in nor refused it. */
function isPending({ accountId, error }: { accountId?: string; error?: string }): boolean {
  return accountId === undefined && error === undefined;
}

/** The provider asks itself for its models by accessors, so that a subclass may have others. */
function override(
  { Provider }: ProviderLibrary,
  ours: typeof Provider,
  name: string,
  extend: (inherited: Model) => unknown,
): void {
  const inherited = Object.getOwnPropertyDescriptor(Provider.prototype, name)?.get;
  if (inherited === undefined) throw new Error(`This version of oidc-provider has no ${name}`);
  const made = new WeakMap<object, unknown>();
  Object.defineProperty(ours.prototype, name, {
    get(this: object) {
      if (!made.has(this)) made.set(this, extend(inherited.call(this)));
      return made.get(this);
    },
  });
}

/** The login that something comes of: that of the browser, or of what is redeemed. */
function loginOf(context: KoaContextWithOIDC | undefined): string | undefined {
  const { session, entities } = context?.oidc ?? {};
  return ((session as Session & WithLogin) ?? sourceIn(entities))?.login ?? sourceIn(entities)?.login;
}

function sourceIn(entities: KoaContextWithOIDC['oidc']['entities'] | undefined): Source | undefined {
  const { RotatedRefreshToken, RefreshToken, AuthorizationCode, DeviceCode } = entities ?? {};
  return (RotatedRefreshToken ?? RefreshToken ?? AuthorizationCode ?? DeviceCode) as Source | undefined;
}

async function issueFor(
  token: AccessToken & { readonly expiresWithSession?: boolean },
  context: KoaContextWithOIDC | undefined,
  tokens: ServerTokens,
) {
  const { client, grantId, resourceServer } = token;
  const account = context?.oidc.entities.Account as ServerAccount | undefined;
  if (client === undefined || grantId === undefined || account === undefined)
    throw new Error('An access token comes of a client and a grant of a user');
  const source = sourceIn(context?.oidc.entities);
  return tokens.issue({
    user: account.user,
    clientId: client.clientId,
    grantId,
    login: token.expiresWithSession === true ? source?.login : undefined,
    authentication: source && authenticationOf(source),
    ...requestOf(token, tokens),
    audience: resourceServer?.audience,
    isCompact: client.compact_tokens === true,
  });
}

async function issueToClient(token: ClientCredentials, tokens: ServerTokens) {
  const { client } = token;
  if (client === undefined) throw new Error('An access token comes of a client');
  const allowed = Array.isArray(client.granted_scopes) ? (client.granted_scopes as string[]) : [];
  const { scopes, ...request } = requestOf(token, tokens);
  return tokens.issueToClient({
    ...request,
    clientId: client.clientId,
    // Without a user who agrees it may do what was written down for it, and nothing else.
    scopes: scopesWithin(scopes, allowed),
    audience: token.resourceServer?.audience,
  });
}

function requestOf(
  token: { client?: Client | undefined } & {
    scope?: string | undefined;
    jkt?: string | undefined;
    'x5t#S256'?: string | undefined;
    resourceServer?: { audience?: string | undefined } | undefined;
  },
  tokens: ServerTokens,
) {
  const { client, scope, resourceServer } = token;
  return {
    scopes: scope === undefined || scope === '' ? [] : scope.split(' '),
    confirmation: confirmationOf(token),
    lifetimeSeconds: tokens.lifetimeOf(client, resourceServer?.audience),
  };
}

function confirmationOf(token: {
  jkt?: string | undefined;
  'x5t#S256'?: string | undefined;
}): Confirmation | undefined {
  if (token.jkt !== undefined) return { jkt: token.jkt };
  const thumbprint = token['x5t#S256'];
  return thumbprint === undefined ? undefined : { 'x5t#S256': thumbprint };
}

function authenticationOf({ acr, amr, authTime }: Source): Authentication {
  return {
    ...(authTime !== undefined && { time: authTime }),
    ...(amr !== undefined && { methods: amr }),
    ...(acr !== undefined && { context: acr }),
  };
}

function instanceOf(model: Model, found: FoundToken | undefined): unknown {
  return found === undefined ? undefined : new model(found);
}
