import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { AccessDemand } from '../access/access-demand.js';
import type { AccessRule } from '../access/access-rule.js';
import { chain, type MaybePromise, rejectSoon } from '../async/maybe-promise.js';
import { Attempts } from '../bans/attempts.js';
import { BanCheck } from '../bans/ban-check.js';
import { StrikeJudge } from '../bans/strike-judge.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { CredentialSchemes } from '../credentials/credential-schemes.js';
import { missingCredential } from '../credentials/missing-credential.js';
import { INSUFFICIENT_SCOPE, PortcullisError, TENANT_MISMATCH } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import type { Clock } from '../options/clock.js';
import { RateLimits } from '../rate-limits/rate-limits.js';
import type { RequestContext } from '../request/request-context.js';
import type { ScopeDemand } from '../scopes.js';
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
    private readonly attempts: Attempts,
    private readonly limits: RateLimits,
    private readonly credentials: CredentialCheck,
    private readonly schemes: CredentialSchemes,
  ) {}

  /**
   * @param adapt turns the handler's rule into the one to apply; a guard that stands alone demands more
   * @returns true, or a promise of it when something had to be looked up; one that rejects with a PortcullisError when the request is refused
   */
  admit(
    host: ExecutionContext,
    adapt: (rule: AccessRule) => AccessRule = (rule) => rule,
  ): MaybePromise<true> {
    const adapter = this.requests.adapterOf(host);
    const rule = this.requests.ruleOf(host);
    const request = this.requests.of(host, adapter, rule);
    let refusal: MaybePromise<Verdict>;
    try {
      refusal = this.#decide(request, adapt(rule));
    } catch (error) {
      return refuse(request, error);
    }
    if (refusal instanceof Promise) return this.#decideLater(refusal, request);
    return refusal === undefined ? admit(request) : refuse(request, refusal);
  }

  /** While it was waited for, others of this address may have been refused. */
  async #decideLater(deciding: Promise<Verdict>, request: RequestContext): Promise<true> {
    let verdict: unknown;
    try {
      verdict = await deciding;
    } catch (error) {
      verdict = error;
    }
    if (!this.judge.isReported(request) && (verdict === undefined || verdict instanceof PortcullisError))
      verdict = this.banCheck.verdictOn(request, verdict);
    return verdict === undefined ? admit(request) : refuse(request, verdict);
  }

  /** The steps, in their order. Each passes on, or refuses: by its answer, because to throw costs more than all the rest. */
  #decide(request: RequestContext, rule: AccessRule): MaybePromise<Verdict> {
    if (!this.settings.bans.global) return this.#admitCounted(request, rule);
    // Who has touched this decoy is banned by now, and is still to be answered by it.
    if (rule.traits.honeypot && this.judge.isReported(request)) return this.#identify(request, rule);
    // It was looked up on arrival, unless it is a preflight; since then it may have been banned.
    const banned = this.banCheck.screen(request);
    if (banned !== undefined) return banned;
    if (rule.traits.honeypot !== undefined)
      return this.judge.reportHoneypot(request).then(() => this.#identify(request, rule));
    const verdict = this.#admitCounted(request, rule);
    return rule.traits.strikes === undefined
      ? verdict
      : chain(verdict, (refusal) => refusal ?? this.#beginAttempt(request));
  }

  /** What the handler decides may run only so often at once. */
  #beginAttempt(request: RequestContext): MaybePromise<undefined> {
    return chain(this.attempts.begin(request), () => undefined);
  }

  /** What the address alone decides comes first: a flood of guesses must not cost the looking at them. */
  #admitCounted(request: RequestContext, rule: AccessRule): MaybePromise<Verdict> {
    const limited = this.limits.countAddress(request, rule.traits);
    return limited === undefined
      ? this.#identify(request, rule)
      : this.#identifyLater(limited, request, rule);
  }

  #identifyLater(
    limited: PortcullisError | Promise<Verdict>,
    request: RequestContext,
    rule: AccessRule,
  ): MaybePromise<Verdict> {
    return chain<Verdict, Verdict>(limited, (refusal) => refusal ?? this.#identify(request, rule));
  }

  /** A decoy may be behind a guard that stands alone: who touches it has to meet that as well. */
  #identify(request: RequestContext, rule: AccessRule): MaybePromise<Verdict> {
    if (!rule.identify) return this.limits.countCaller(request, rule.traits);
    const identified = this.credentials.identify(request);
    return identified instanceof Promise
      ? identified.then(() => this.#countCaller(request, rule))
      : this.#countCaller(request, rule);
  }

  #countCaller(request: RequestContext, rule: AccessRule): MaybePromise<Verdict> {
    const limited = this.limits.countCaller(request, rule.traits);
    return limited === undefined
      ? this.#demand(request, rule)
      : chain(limited, (refusal) => refusal ?? this.#demand(request, rule));
  }

  #demand(request: RequestContext, rule: AccessRule): MaybePromise<Verdict> {
    const refusal =
      this.#demandIdentities(request, rule) ??
      (this.settings.tenantClaim === undefined ? undefined : demandSameTenant(request)) ??
      demandScopes(rule.app, request.app, request) ??
      demandScopes(rule.user, request.user, request);
    if (refusal !== undefined) return refusal;
    return rule.demands.length === 0 ? undefined : demandFurther(request, rule, this.settings.now);
  }

  #demandIdentities(request: RequestContext, { requires }: AccessRule): Verdict {
    const { app, user } = request;
    const lacksUser = user === undefined && (requires === 'user' || requires === 'both');
    const lacksApp = app === undefined && (requires === 'app' || requires === 'both');
    const lacksEither = user === undefined && app === undefined && requires === 'either';
    if (!lacksUser && !lacksApp && !lacksEither) return undefined;
    const schemes = [
      ...(lacksUser || lacksEither ? this.schemes.for('user') : []),
      ...(lacksApp || lacksEither ? this.schemes.for('app') : []),
    ];
    const missing = lacksUser ? 'user' : 'app';
    const proven = user?.kind ?? app?.kind;
    return missingCredential(schemes, request, missing, proven);
  }
}

/** A refusal, or nothing where there is none. */
type Verdict = PortcullisError | undefined;

function admit(request: RequestContext): true {
  request.isDecided = true;
  return true;
}

function refuse(request: RequestContext, error: unknown): Promise<never> {
  if (error instanceof PortcullisError) request.refuse(error);
  return rejectSoon(error);
}

/** One after another, in their order: a later one may rely on an earlier one. */
function demandFurther(
  request: RequestContext,
  rule: AccessRule,
  now: Clock,
  first = 0,
): MaybePromise<undefined> {
  for (let index = first; index < rule.demands.length; index++) {
    const checking: unknown = (rule.demands[index] as AccessDemand).check(request, now);
    if (checking !== undefined) return demandLater(checking, request, rule, now, index);
  }
  return undefined;
}

/** Of whatever promise it is. A check that says no instead of throwing must not pass for one that has nothing to say. */
async function demandLater(
  checking: unknown,
  request: RequestContext,
  rule: AccessRule,
  now: Clock,
  index: number,
): Promise<undefined> {
  if ((await checking) !== undefined)
    throw new TypeError(
      `The demand ${rule.demands[index]?.kind} returned something: it has to throw where it is not met`,
    );
  return demandFurther(request, rule, now, index + 1);
}

/** An app acts for users of its own tenant. One that is not known is not the same as any. */
function demandSameTenant({ app, user }: RequestContext): Verdict {
  if (app === undefined || user === undefined) return undefined;
  if (app.tenant !== undefined && app.tenant === user.tenant) return undefined;
  return new PortcullisError(
    TENANT_MISMATCH,
    `the app is of tenant ${JSON.stringify(app.tenant)}, the user of ${JSON.stringify(user.tenant)}`,
  );
}

function demandScopes(demand: ScopeDemand, identity: Identity | undefined, request: RequestContext): Verdict {
  if (identity === undefined || identity.meets(demand)) return undefined;
  const lacking = demand.allOf.filter((scope) => !identity.hasScope(scope));
  if (lacking.length > 0) return insufficientScope(identity, request, demand.allOf, lacking.join(' '));
  const group = demand.anyOf.find((scopes) => !scopes.some((scope) => identity.hasScope(scope))) ?? [];
  return insufficientScope(identity, request, group, `any of ${group.join(' ')}`);
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
