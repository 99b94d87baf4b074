import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { AccessDemand } from '../access/access-demand.js';
import type { AccessRule, ScopeDemand } from '../access/access-rule.js';
import type { MaybePromise } from '../async/maybe-promise.js';
import { BanCheck } from '../bans/ban-check.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { CREDENTIALS_REQUIRED, INSUFFICIENT_SCOPE, PortcullisError, TENANT_MISMATCH } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { RequestContext } from '../request/request-context.js';
import { GUARD_SETTINGS, type GuardSettings } from './guard-settings.js';
import { HandlerRequests } from './handler-requests.js';

/** Decides whether a request may reach its handler. Every guard asks here, so there is one decision. */
@Injectable()
export class Gatekeeper {
  constructor(
    @Inject(GUARD_SETTINGS) private readonly settings: GuardSettings,
    private readonly requests: HandlerRequests,
    private readonly banCheck: BanCheck,
    private readonly judge: StrikeJudge,
    private readonly credentials: CredentialCheck,
    private readonly schemes: CredentialSchemes,
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
    const adapter = this.requests.adapterOf(host);
    const rule = this.requests.ruleOf(host);
    const request = this.requests.of(host, adapter, rule);
    try {
      const decision = this.#decide(request, adapt(rule));
      return decision instanceof Promise ? decision.catch((error) => refuse(request, error)) : decision;
    } catch (error) {
      return refuse(request, error);
    }
  }

  /** The steps, in their order. Each passes on, or throws. */
  #decide(request: RequestContext, rule: AccessRule): MaybePromise<true> {
    if (!this.settings.bans.global) return this.#identify(request, rule);
    // Who has touched this decoy is banned by now, and is still to be answered by it.
    if (rule.traits.honeypot && this.judge.isReported(request)) return this.#identify(request, rule);
    // It was looked up on arrival, unless it is a preflight; since then it may have been banned.
    const refusal = this.banCheck.screen(request);
    if (refusal !== undefined) throw refusal;
    return rule.traits.honeypot === undefined
      ? this.#identify(request, rule)
      : this.judge.reportHoneypot(request).then(() => this.#identify(request, rule));
  }

  /** A decoy may be behind a guard that stands alone: who touches it has to meet that as well. */
  #identify(request: RequestContext, rule: AccessRule): MaybePromise<true> {
    if (!rule.identify) return true;
    const identified = this.credentials.identify(request);
    return identified instanceof Promise
      ? identified.then(() => this.#demand(request, rule))
      : this.#demand(request, rule);
  }

  #demand(request: RequestContext, rule: AccessRule): MaybePromise<true> {
    this.#demandIdentities(request, rule);
    if (this.settings.tenantClaim !== undefined) demandSameTenant(request);
    demandScopes(rule.app, request.app, request);
    demandScopes(rule.user, request.user, request);
    return rule.demands.length === 0 ? true : demandFurther(request, rule);
  }

  #demandIdentities({ app, user }: RequestContext, { requires }: AccessRule): void {
    const missing: string[] = [];
    if (user === undefined && (requires === 'user' || requires === 'both'))
      missing.push(...this.schemes.kindsFor('user'));
    if (app === undefined && (requires === 'app' || requires === 'both'))
      missing.push(...this.schemes.kindsFor('app'));
    if (requires === 'either' && user === undefined && app === undefined)
      missing.push(...this.schemes.kindsFor('user'), ...this.schemes.kindsFor('app'));
    if (missing.length === 0) return;
    const challenge = [...new Set(missing)];
    throw new PortcullisError(CREDENTIALS_REQUIRED, `no ${challenge.join(', no ')}`, { challenge });
  }
}

function refuse(request: RequestContext, error: unknown): never {
  if (error instanceof PortcullisError) request.refuse(error);
  throw error;
}

/** One after another, in their order: a later one may rely on an earlier one. */
function demandFurther(request: RequestContext, rule: AccessRule, first = 0): MaybePromise<true> {
  for (let index = first; index < rule.demands.length; index++) {
    const checking: unknown = (rule.demands[index] as AccessDemand).check(request);
    if (checking !== undefined) return demandLater(checking, request, rule, index);
  }
  return true;
}

/** Of whatever promise it is. A check that says no instead of throwing must not pass for one that has nothing to say. */
async function demandLater(
  checking: unknown,
  request: RequestContext,
  rule: AccessRule,
  index: number,
): Promise<true> {
  if ((await checking) !== undefined)
    throw new TypeError(
      `The demand ${rule.demands[index]?.kind} returned something: it has to throw where it is not met`,
    );
  return demandFurther(request, rule, index + 1);
}

/** An app acts for users of its own tenant. One that is not known is not the same as any. */
function demandSameTenant({ app, user }: RequestContext): void {
  if (app === undefined || user === undefined) return;
  if (app.tenant !== undefined && app.tenant === user.tenant) return;
  throw new PortcullisError(
    TENANT_MISMATCH,
    `the app is of tenant ${JSON.stringify(app.tenant)}, the user of ${JSON.stringify(user.tenant)}`,
  );
}

function demandScopes(
  { allOf, anyOf }: ScopeDemand,
  identity: Identity | undefined,
  request: RequestContext,
): void {
  if (identity === undefined) return;
  for (const scope of allOf) if (!identity.hasScope(scope)) throw lacksSomeOf(allOf, identity, request);
  for (const group of anyOf) if (!hasAnyOf(group, identity)) throw lacksAllOf(group, identity, request);
}

function hasAnyOf(scopes: readonly string[], identity: Identity): boolean {
  for (const scope of scopes) if (identity.hasScope(scope)) return true;
  return false;
}

function lacksSomeOf(
  scopes: readonly string[],
  identity: Identity,
  request: RequestContext,
): PortcullisError {
  const lacking = scopes.filter((scope) => !identity.hasScope(scope));
  return insufficientScope(identity, request, scopes, lacking.join(' '));
}

function lacksAllOf(scopes: readonly string[], identity: Identity, request: RequestContext): PortcullisError {
  return insufficientScope(identity, request, scopes, `any of ${scopes.join(' ')}`);
}

function insufficientScope(
  identity: Identity,
  request: RequestContext,
  scopes: readonly string[],
  lacking: string,
): PortcullisError {
  const kind = request.schemeOf(identity);
  return new PortcullisError(INSUFFICIENT_SCOPE, `the ${kind} lacks ${lacking}`, {
    challenge: kind === undefined ? [] : [kind],
    scope: scopes.join(' '),
  });
}
