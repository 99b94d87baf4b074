import { type Actor, type OAuthGrants, RequestContext } from '@portcullis/auth';
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { ClientLogouts } from './client-logouts.js';
import type { DevicePolls } from './device-polls.js';
import { issueFor, issueToClient, loginOf, type WithLogin } from './issued-tokens.js';
import { noteProvenClient } from './proven-client.js';
import type { ProviderLibrary } from './provider-library.js';
import type { FoundToken, TokenModel } from './sent-token.js';
import type { ServerClients } from './server-clients.js';
import type { ServerTokenReader } from './server-token-reader.js';
import type { IssuedServerToken, ServerTokens } from './server-tokens.js';
import type { ServerUses } from './server-uses.js';
import { hiddenToken, shownToken, type TokenLookups } from './token-lookups.js';
import { forIntrospection, forUserinfo, isTokenRoute } from './tokens-at-routes.js';
import type { UserDecisions } from './user-decisions.js';

/** What our models need of the app. */
export interface ModelParts {
  readonly tokens: ServerTokens;
  readonly reader: ServerTokenReader;
  readonly lookups: TokenLookups;
  readonly grants: OAuthGrants;
  readonly clients: ServerClients;
  readonly polls: DevicePolls;
  readonly uses: ServerUses;
  readonly logouts: ClientLogouts;
  readonly decisions: UserDecisions;
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

  /** What the client is told of a token is what stands in it. */
  const given = async (model: Any, { accessToken, expiresInSeconds, scope }: IssuedServerToken) => {
    await demandEnabled(model.clientId);
    Object.assign(model, { expiresIn: expiresInSeconds, scope });
    return { value: accessToken };
  };

  /** Whoever lets a device in, or does not, before anybody else has: later on it is theirs alone. */
  const decideOnce = async ({
    jti,
    inFlight,
    error,
  }: {
    jti: string;
    inFlight?: boolean;
    error?: string;
  }) => {
    const request = context();
    const isDecision = request?.oidc.route === 'code_verification' && (inFlight || error !== undefined);
    if (!isDecision || request.state.decided === jti) return;
    if (!(await parts.decisions.isFirst(`device ${jti}`)))
      throw new library.errors.InvalidRequest('somebody else has used the code at the same time');
    request.state.decided = jti;
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
          params.token = hiddenToken(params.token);
      }
    };
  });

  /** What was sent to be looked at, where it is of one kind of token. */
  const sentAs = async (model: Model, name: TokenModel, hidden: unknown) => {
    const request = context();
    const found = request && (await parts.lookups.find(shownToken(String(hidden)), request));
    if (found?.model !== name) return undefined;
    return instanceOf(model, request?.oidc.route === 'introspection' ? forIntrospection(found) : found);
  };

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

        async destroy(): Promise<void> {
          await (this.revoke === undefined ? super.destroy() : this.revoke(whoIn(context())));
        }

        /** The provider looks at the resource only afterwards, so that what it refuses would be used up. */
        async consume(): Promise<void> {
          const wanted = context()?.oidc.params?.resource ?? this.resource;
          if (!parts.tokens.isOneTarget(wanted, this.resourceIndicators))
            throw new library.errors.InvalidTarget();
          await super.consume();
        }

        async save(): Promise<string> {
          const login = loginOf(context());
          if (this.accountId !== undefined && login !== undefined) this.login ??= login;
          if (name === 'DeviceCode') await decideOnce(this as never);
          return super.save();
        }

        static override async find(...which: unknown[]): Promise<unknown> {
          if (name === 'RefreshToken' && isTokenRoute(context()?.oidc.route)) return findSent(this, which);
          const found = await super.find(...which);
          const isPolled = name === 'DeviceCode' && context()?.oidc.route === 'token';
          if (isPolled && found !== undefined && isPending(found) && (await parts.polls.isTooSoon(found.jti)))
            throw new library.errors.SlowDown();
          return found;
        }
      };
      /** One of the server's own, or of a login at the app. */
      const findSent = async (model: Model, [hidden]: unknown[]) => {
        const sent = await sentAs(model, 'RefreshToken', hidden);
        const kept = sent ?? (await Inherited.find.call(model, shownToken(String(hidden))));
        // Otherwise introspection would say it, as its id.
        if (kept !== undefined && context()?.oidc.route === 'introspection') kept.jti = hidden;
        return kept;
      };
      // The provider names what it keeps by the class.
      return Object.defineProperty(ours, 'name', { value: name });
    });

  override(library, OurProvider, 'AccessToken', (Inherited) => {
    return class AccessToken extends Inherited {
      async getValueAndPayload(): Promise<{ readonly value: string }> {
        return given(this, await issueFor(this as never, context(), parts.tokens));
      }

      static override async find(value: unknown): Promise<unknown> {
        const { route } = context()?.oidc ?? {};
        if (isTokenRoute(route)) return sentAs(this, 'AccessToken', value);
        const found = await parts.reader.find(value);
        return instanceOf(this, route === 'userinfo' ? await forUserinfo(found, context()) : found);
      }

      async destroy(): Promise<void> {
        await this.revoke(whoIn(context()));
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
        return given(this, await issueToClient(this as never, parts.tokens));
      }

      static override async find(value: unknown): Promise<unknown> {
        return isTokenRoute(context()?.oidc.route) ? sentAs(this, 'ClientCredentials', value) : undefined;
      }

      async destroy(): Promise<void> {
        await this.revoke(whoIn(context()));
      }
    };
  });

  override(library, OurProvider, 'Client', (Inherited) => {
    // Not a subclass, which could not get at its private statics. Each provider has a class of its own.
    Inherited.prototype.compareClientSecret = async function compareClientSecret(
      this: Client,
      secret: string,
    ) {
      const matches = await parts.clients.matchesSecret(this.clientId, secret);
      if (matches) noteProvenClient(context(), this.clientId);
      return matches;
    };
    Inherited.prototype.backchannelLogout = async function backchannelLogout(
      this: Client,
      ...who: [string, string]
    ) {
      parts.logouts.add(this, who, context() as KoaContextWithOIDC);
    };
    return Inherited;
  });

  override(library, OurProvider, 'ReplayDetection', (Inherited) => {
    return class ReplayDetection extends Inherited {
      static async unique(issuer: string, id: string, expiresAt: number): Promise<boolean> {
        return parts.uses.isFirst(context(), { issuer, id, expiresAt });
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

function instanceOf(model: Model, found: FoundToken | undefined): unknown {
  if (found === undefined) return undefined;
  // The provider takes over what it would keep itself.
  return Object.assign(new model(found), found);
}

/** On whose behalf something is revoked, for the record. */
function whoIn(context: KoaContextWithOIDC | undefined): Actor {
  const request = context && RequestContext.of(context.req as never);
  const actor = context?.oidc.client?.clientId;
  return {
    ...(actor !== undefined && { actor }),
    ...(request && { address: request.address.text, requestId: request.requestId }),
  };
}
