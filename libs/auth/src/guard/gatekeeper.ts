import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { AccessRule, ScopeDemand } from '../access/access-rule.js';
import { AccessRules } from '../access/access-rules.js';
import type { MaybePromise } from '../async/maybe-promise.js';
import { BanCheck } from '../bans/ban-check.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import { type CredentialKind, PortcullisError } from '../errors.js';
import type { Identity, UserIdentity } from '../identity/identity.js';
import { ApiKeyStrategy } from '../passport/api-key-strategy.js';
import { JwtStrategy } from '../passport/jwt-strategy.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import type { RequestContext } from '../request/request-context.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { describeDemand, meets } from '../tokens/claims-demand.js';

/** Decides whether a request may reach its handler. Every guard asks here, so there is one decision. */
@Injectable()
export class Gatekeeper {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly lifecycle: RequestLifecycle,
    private readonly rules: AccessRules,
    private readonly banCheck: BanCheck,
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
    host: ExecutionContext,
    adapt: (rule: AccessRule) => AccessRule = (rule) => rule,
  ): MaybePromise<true> {
    if (host.getType() !== 'http') {
      throw new PortcullisError('unsupported_context', `${host.getType()} handlers are not supported yet`);
    }
    const context = this.lifecycle.of(host);
    context.rule = this.rules.ruleFor(host.getClass(), host.getHandler());
    try {
      const decision = this.#decide(context, adapt(context.rule));
      return decision instanceof Promise ? decision.catch((error) => refuse(context, error)) : decision;
    } catch (error) {
      return refuse(context, error);
    }
  }

  /** The steps, in their order. Each passes on, or throws. */
  #decide(context: RequestContext, rule: AccessRule): MaybePromise<true> {
    this.#refuseBanned(context);
    if (!rule.honeypot || !this.options.bans.global) return this.#demand(context, rule);
    return this.judge.reportHoneypot(context).then(() => this.#demand(context, rule));
  }

  /** A decoy may be behind a guard that stands alone: who touches it has to meet that as well. */
  #demand(context: RequestContext, rule: AccessRule): MaybePromise<true> {
    if (!rule.identify) return true;
    const keyHolder = this.apiKeys.identify(context);
    return keyHolder instanceof Promise
      ? keyHolder.then((proven) => this.#demandOfBearer(context, rule, proven))
      : this.#demandOfBearer(context, rule, keyHolder);
  }

  #demandOfBearer(
    context: RequestContext,
    rule: AccessRule,
    keyHolder: Identity | undefined,
  ): MaybePromise<true> {
    const bearer = this.tokens.identify(context);
    return bearer instanceof Promise
      ? bearer.then((proven) => this.#demandOfBoth(context, rule, keyHolder, proven))
      : this.#demandOfBoth(context, rule, keyHolder, bearer);
  }

  #demandOfBoth(
    context: RequestContext,
    rule: AccessRule,
    keyHolder: Identity | undefined,
    bearer: Identity | undefined,
  ): true {
    refuseTwoOfAKind(keyHolder, bearer);
    if (keyHolder !== undefined) context.hold(keyHolder);
    if (bearer !== undefined) context.hold(bearer);
    demandIdentities(rule, context);
    if (this.options.tenantClaim !== undefined) demandSameTenant(context);
    demandScopes(rule.app, context.app);
    demandScopes(rule.user, context.user);
    demandClaims(rule, context.user);
    return true;
  }

  /** A preflight was let through unscreened; where it meets a handler, it is screened after all. */
  #refuseBanned(context: RequestContext): void {
    const refusal = this.options.bans.global ? this.banCheck.screen(context) : undefined;
    if (refusal !== undefined) throw refusal;
  }
}

function refuse(context: RequestContext, error: unknown): never {
  if (error instanceof PortcullisError) context.refuse(error);
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
function demandSameTenant({ app, user }: RequestContext): void {
  if (app === undefined || user === undefined) return;
  if (app.tenant !== undefined && app.tenant === user.tenant) return;
  throw new PortcullisError(
    'tenant_mismatch',
    `the app is of tenant ${JSON.stringify(app.tenant)}, the user of ${JSON.stringify(user.tenant)}`,
  );
}

function demandIdentities({ requires }: AccessRule, { app, user }: RequestContext): void {
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
