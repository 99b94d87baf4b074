import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { ApiKeyStrategy } from '../api-keys/api-key.strategy.js';
import { IpBanMiddleware } from '../bans/ip-ban.middleware.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import { type CredentialKind, PortcullisError } from '../errors.js';
import { Exchanges } from '../http/exchanges.js';
import type { Exchange } from '../identity/exchange.js';
import type { Identity, UserIdentity } from '../identity/identity.js';
import type { MaybePromise } from '../identity/maybe-promise.js';
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
    private readonly judge: StrikeJudge,
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
    if (!rule.honeypot || !this.options.bans.global) return this.#demand(exchange, rule);
    return this.judge.reportHoneypot(exchange).then(() => this.#demand(exchange, rule));
  }

  /** A decoy may be behind a guard that stands alone: who touches it has to meet that as well. */
  #demand(exchange: Exchange, rule: AccessRule): MaybePromise<true> {
    if (!rule.identify) return true;
    const keyHolder = this.apiKeys.identify(exchange);
    return keyHolder instanceof Promise
      ? keyHolder.then((proven) => this.#demandOfBearer(exchange, rule, proven))
      : this.#demandOfBearer(exchange, rule, keyHolder);
  }

  #demandOfBearer(exchange: Exchange, rule: AccessRule, keyHolder: Identity | undefined): MaybePromise<true> {
    const bearer = this.tokens.identify(exchange);
    return bearer instanceof Promise
      ? bearer.then((proven) => this.#demandOfBoth(exchange, rule, keyHolder, proven))
      : this.#demandOfBoth(exchange, rule, keyHolder, bearer);
  }

  #demandOfBoth(
    exchange: Exchange,
    rule: AccessRule,
    keyHolder: Identity | undefined,
    bearer: Identity | undefined,
  ): true {
    refuseTwoOfAKind(keyHolder, bearer);
    if (keyHolder !== undefined) exchange.hold(keyHolder);
    if (bearer !== undefined) exchange.hold(bearer);
    demandIdentities(rule, exchange);
    if (this.options.tenantClaim !== undefined) demandSameTenant(exchange);
    demandScopes(rule.app, exchange.app);
    demandScopes(rule.user, exchange.user);
    demandClaims(rule, exchange.user);
    return true;
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

/** Two apps would leave open who is calling, two users for whom. */
function refuseTwoOfAKind(keyHolder: Identity | undefined, bearer: Identity | undefined): void {
  if (keyHolder === undefined || keyHolder.kind !== bearer?.kind) return;
  throw new PortcullisError(
    'invalid_request',
    `the API key and the bearer token name a(n) ${bearer.kind} each`,
    {
      challenge: ['api-key', 'token'],
    },
  );
}

/** An app acts for users of its own tenant. One that can't be told is not the same as any. */
function demandSameTenant({ app, user }: Exchange): void {
  if (app === undefined || user === undefined) return;
  if (app.tenant !== undefined && app.tenant === user.tenant) return;
  throw new PortcullisError(
    'tenant_mismatch',
    `the app is of tenant ${JSON.stringify(app.tenant)}, the user of ${JSON.stringify(user.tenant)}`,
  );
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
  for (const scope of allOf) if (!identity.hasScope(scope)) throw lacksSomeOf(allOf, identity);
  for (const group of anyOf) if (!hasAnyOf(group, identity)) throw lacksAllOf(group, identity);
}

function hasAnyOf(scopes: readonly string[], identity: Identity): boolean {
  for (const scope of scopes) if (identity.hasScope(scope)) return true;
  return false;
}

function lacksSomeOf(scopes: readonly string[], identity: Identity): PortcullisError {
  const lacking = scopes.filter((scope) => !identity.hasScope(scope));
  return insufficientScope(identity, scopes, lacking.join(' '));
}

function lacksAllOf(scopes: readonly string[], identity: Identity): PortcullisError {
  return insufficientScope(identity, scopes, `any of ${scopes.join(' ')}`);
}

function insufficientScope(identity: Identity, scopes: readonly string[], lacking: string): PortcullisError {
  const kind = identity.kind === 'app' && identity.keyId !== undefined ? 'api-key' : 'token';
  return new PortcullisError('insufficient_scope', `the ${kind} lacks ${lacking}`, {
    challenge: [kind],
    scope: scopes.join(' '),
  });
}

function demandClaims({ claims }: AccessRule, user: UserIdentity | undefined): void {
  const unmet = claims.find((demand) => user === undefined || !meets(demand, user.claims));
  if (unmet !== undefined) {
    throw new PortcullisError('insufficient_claims', `the token does not claim ${describeDemand(unmet)}`);
  }
}
