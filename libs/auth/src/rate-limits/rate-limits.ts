import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AccessRule } from '../access/access-rule.js';
import { AccessRules } from '../access/access-rules.js';
import { allOf, atOnce, chain, type MaybePromise } from '../async/maybe-promise.js';
import { PortcullisConfigurationError, PortcullisError } from '../errors.js';
import type { Identity } from '../identity/identity.js';
import { identityNameOf } from '../identity/identity-name.js';
import { type IpAddress, subscriberNetworkOf } from '../net/ip-address.js';
import type { HandlerTraits } from '../request/handler-facts.js';
import type { RequestContext } from '../request/request-context.js';
import {
  type CompiledLimit,
  compileLimits,
  DEFAULT_PLACE,
  type HandlerLimits,
  NO_LIMITS,
} from './handler-limits.js';
import { RATE_LIMIT_EXCEEDED } from './rate-limit-refusals.js';
import { RATE_LIMIT_SETTINGS, type RateLimitSettings } from './rate-limit-settings.js';
import { type Counted, type RequestCount, RequestCounter } from './request-counter.js';
import { limitFields } from './request-limit.js';

/** How many refusals in one window it takes to see them. Whoever goes on then earns strikes. */
const OVERLOOKED_REFUSALS = 10;

/** A refusal, or nothing where there is none. */
type Verdict = PortcullisError | undefined;

/** Counts requests for handlers with a limit, once each, and shows the client what is left. */
@Injectable()
export class RateLimits {
  readonly #counter: RequestCounter;
  readonly #default: HandlerLimits;
  readonly #subscribers = new WeakMap<IpAddress, string>();
  /** Digests, which take as long as all that is asked of a known credential; the same identity comes again with it. */
  readonly #names = new WeakMap<Identity, string>();
  /** However many guards ask. */
  readonly #counted = { early: new WeakSet<RequestContext>(), late: new WeakSet<RequestContext>() };

  /** @throws PortcullisConfigurationError naming the handlers that count by somebody they never know */
  constructor(@Inject(RATE_LIMIT_SETTINGS) { rateLimits, now }: RateLimitSettings, rules: AccessRules) {
    this.#counter = new RequestCounter(now, 'The requests of callers are counted', rateLimits.limiter);
    this.#default =
      rateLimits.default === undefined
        ? NO_LIMITS
        : compileLimits([{ place: DEFAULT_PLACE, key: DEFAULT_PLACE, limit: rateLimits.default }]);
    const problems = rules.all.flatMap(({ rule }) => unknownCallers(rule));
    if (problems.length > 0) throw new PortcullisConfigurationError([...new Set(problems)]);
  }

  /** Counts what the address alone decides. @returns a refusal, or a promise where others have to be asked */
  countAddress(request: RequestContext, traits: HandlerTraits): MaybePromise<Verdict> {
    return this.#count('early', request, traits);
  }

  /** Counts what needs to know who is calling, when that is known. @returns a refusal, or a promise where others have to be asked */
  countCaller(request: RequestContext, traits: HandlerTraits): MaybePromise<Verdict> {
    return this.#count('late', request, traits);
  }

  #count(when: 'early' | 'late', request: RequestContext, traits: HandlerTraits): MaybePromise<Verdict> {
    const limits = (traits.rateLimits ?? this.#default)[when];
    if (limits.length === 0 || traits.honeypot !== undefined || this.#counted[when].has(request))
      return undefined;
    this.#counted[when].add(request);
    if (limits.length === 1) return this.#countOne(limits[0] as CompiledLimit, request);
    return chain(allOf(limits.map((limit) => this.#countOne(limit, request))), lastToEnd);
  }

  #countOne(limit: CompiledLimit, request: RequestContext): MaybePromise<Verdict> {
    const [of, name] = this.#whoIs(limit, request);
    return chain(this.#counter.count(of, `${limit.key} ${name}`, limit), (count) =>
      judge(limit, count, request),
    );
  }

  #whoIs({ by }: CompiledLimit, request: RequestContext): readonly [Counted, string] {
    if (typeof by === 'function') {
      const text = atOnce(by(request), 'what a rate limit counts by');
      return text === undefined ? this.#addressOf(request) : ['name', digestOf(String(text))];
    }
    const identity = identityIn(request, by);
    return identity === undefined ? this.#addressOf(request) : ['name', this.#nameOf(identity)];
  }

  #nameOf(identity: Identity): string {
    let name = this.#names.get(identity);
    if (name === undefined) {
      name = digestOf(identityNameOf(identity));
      this.#names.set(identity, name);
    }
    return name;
  }

  #addressOf({ address }: RequestContext): readonly [Counted, string] {
    let subscriber = this.#subscribers.get(address);
    if (subscriber === undefined) {
      subscriber = subscriberNetworkOf(address).text;
      this.#subscribers.set(address, subscriber);
    }
    return ['address', subscriber];
  }
}

/** Limits that count by somebody whom nobody looks for, or who need not be there: whoever leaves the credential out counts elsewhere. */
function unknownCallers({ handler, identify, requires, traits }: AccessRule): string[] {
  return (traits.rateLimits?.late ?? []).flatMap(({ by }) => {
    if (by !== 'user' && by !== 'app') return [];
    const counts = `${handler}: @RateLimit counts by the ${by}, but`;
    if (!identify)
      return `${counts} nobody looks at credentials there: write @Public({ identify: true }), or count by the address`;
    const other = by === 'user' ? 'app' : 'user';
    return requires === other
      ? `${counts} only the ${other} is demanded: demand both, or count by the caller`
      : [];
  });
}

function judge(
  limit: CompiledLimit,
  { count, resetSeconds }: RequestCount,
  request: RequestContext,
): Verdict {
  const { name, requests, windowSeconds } = limit;
  const { policy, left } = limitFields(name, limit, count, resetSeconds);
  request.addHeader('RateLimit-Policy', policy);
  request.addHeader('RateLimit', left);
  if (count <= requests) return undefined;
  return new PortcullisError(
    RATE_LIMIT_EXCEEDED,
    `the limit ${JSON.stringify(name)} allows ${requests} requests in ${windowSeconds} s, and this was the ${count}th`,
    {
      retryAfterSeconds: resetSeconds,
      ...(count > requests + OVERLOOKED_REFUSALS && { strikeEvent: 'rate_limit_ignored' }),
    },
  );
}

function identityIn(
  { user, app }: RequestContext,
  by: 'caller' | 'address' | 'user' | 'app',
): Identity | undefined {
  switch (by) {
    case 'caller':
      return user ?? app;
    case 'user':
      return user;
    case 'app':
      return app;
    case 'address':
      return undefined;
  }
}

/** Of the limits that are used up, that which is so for longest. */
function lastToEnd(verdicts: readonly Verdict[]): Verdict {
  const refusals = verdicts.filter((verdict) => verdict !== undefined);
  return refusals.toSorted((one, other) => (other.retryAfterSeconds ?? 0) - (one.retryAfterSeconds ?? 0))[0];
}

/** Names are personal, and as long as somebody likes. */
function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('base64url').slice(0, 22);
}
