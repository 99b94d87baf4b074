import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ApiKeyStrategy } from '../api-keys/api-key.strategy.js';
import { IpBanMiddleware } from '../bans/ip-ban.middleware.js';
import { type CredentialKind, PortcullisError } from '../errors.js';
import { Exchanges } from '../http/exchanges.js';
import type { Exchange } from '../identity/exchange.js';
import type { AppIdentity, Identity, UserIdentity } from '../identity/identity.js';
import { chain, type MaybePromise } from '../identity/maybe-promise.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { JwtStrategy } from '../tokens/jwt.strategy.js';
import type { AccessRule, ScopeDemand } from './access-rule.js';
import { AccessRules } from './access-rules.js';
import { describeDemand, meets } from './claims.js';

/** Decides whether a request may reach its handler. Every guard asks here, so there is one decision. */
@Injectable()
export class Gatekeeper {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly exchanges: Exchanges,
    private readonly rules: AccessRules,
    private readonly ipBan: IpBanMiddleware,
    private readonly apiKeys: ApiKeyStrategy,
    private readonly tokens: JwtStrategy,
  ) {}

  /**
   * @param adapt turns the handler's rule into the one to apply; a guard that stands alone demands more
   * @returns true, or a promise of it when something had to be looked up
   * @throws PortcullisError when the request is refused
   */
  admit(
    context: ExecutionContext,
    adapt: (rule: AccessRule) => AccessRule = (rule) => rule,
  ): MaybePromise<true> {
    if (context.getType() !== 'http') {
      throw new PortcullisError('unsupported_context', `${context.getType()} handlers are not supported yet`);
    }
    const exchange = this.exchanges.of(context);
    exchange.rule = this.rules.ruleFor(context.getClass(), context.getHandler());
    try {
      const decision = this.#decide(exchange, adapt(exchange.rule));
      return decision instanceof Promise ? decision.catch((error) => refuse(exchange, error)) : decision;
    } catch (error) {
      return refuse(exchange, error);
    }
  }

  /** The steps, in their order. Each passes on, or throws. */
  #decide(exchange: Exchange, rule: AccessRule): MaybePromise<true> {
    this.#refuseBanned(exchange);
    if (!rule.identify) return true;
    return chain(this.apiKeys.identify(exchange), (app) =>
      chain(this.tokens.identify(exchange), (bearer) => {
        exchange.app = theOne(app, bearer);
        exchange.user = bearer?.kind === 'user' ? bearer : undefined;
        demandIdentities(rule, exchange);
        demandScopes(rule.app, exchange.app);
        demandScopes(rule.user, exchange.user);
        demandClaims(rule, exchange.user);
        return true;
      }),
    );
  }

  /** A preflight was let through unscreened; where it meets a handler, it is screened after all. */
  #refuseBanned(exchange: Exchange): void {
    const refusal = this.options.bans.global ? this.ipBan.screen(exchange) : undefined;
    if (refusal !== undefined) throw refusal;
  }
}

function refuse(exchange: Exchange, error: unknown): never {
  if (error instanceof PortcullisError) exchange.refuse(error);
  throw error;
}

/** The app of the request. One that is named by a key and one by a token would leave open who is calling. */
function theOne(keyHolder?: AppIdentity, bearer?: UserIdentity | AppIdentity): AppIdentity | undefined {
  const client = bearer?.kind === 'app' ? bearer : undefined;
  if (keyHolder !== undefined && client !== undefined) {
    throw new PortcullisError('invalid_request', 'an API key and a client token name an app each', {
      challenge: ['api-key', 'token'],
    });
  }
  return keyHolder ?? client;
}

function demandIdentities({ requires }: AccessRule, { app, user }: Exchange): void {
  const missing: CredentialKind[] = [];
  if (user === undefined && (requires === 'user' || requires === 'both')) missing.push('token');
  if (app === undefined && (requires === 'app' || requires === 'both')) missing.push('api-key');
  if (requires === 'either' && user === undefined && app === undefined) missing.push('token', 'api-key');
  if (missing.length > 0) {
    throw new PortcullisError('credentials_required', `no ${missing.join(', no ')}`, { challenge: missing });
  }
}

function demandScopes({ allOf, anyOf }: ScopeDemand, identity: Identity | undefined): void {
  if (identity === undefined) return;
  const lacking = allOf.filter((scope) => !identity.hasScope(scope));
  const unmet = anyOf.find((group) => !group.some((scope) => identity.hasScope(scope)));
  if (lacking.length === 0 && unmet === undefined) return;
  const kind = identity.kind === 'app' && identity.keyId !== undefined ? 'api-key' : 'token';
  const scope = (lacking.length > 0 ? allOf : (unmet ?? [])).join(' ');
  throw new PortcullisError(
    'insufficient_scope',
    `the ${kind} lacks ${lacking.join(' ') || `any of ${scope}`}`,
    {
      challenge: [kind],
      scope,
    },
  );
}

function demandClaims({ claims }: AccessRule, user: UserIdentity | undefined): void {
  const unmet = claims.find((demand) => user === undefined || !meets(demand, user.claims));
  if (unmet !== undefined) {
    throw new PortcullisError('insufficient_claims', `the token does not claim ${describeDemand(unmet)}`);
  }
}
