import { PortcullisConfigurationError } from '../errors.js';
import { answersAtOnce } from '../options/plain-function.js';
import type { RequestContext } from '../request/request-context.js';
import { isRequestLimit, MAX_WINDOW_SECONDS, type RequestLimit } from './request-limit.js';

/**
 * Who is counted: the user, or else the app, or else the address (`caller`); the address alone, an IPv6 caller's whole /64; the user or the
 * app, where there is one, and the address where there is none; or whoever has the text that a function returns. What a function gives no
 * text for counts by its address.
 */
export type CountedBy =
  | 'caller'
  | 'address'
  | 'user'
  | 'app'
  | ((request: RequestContext) => string | undefined);

/** How often somebody may call. */
export interface RouteLimit extends RequestLimit {
  /** So many requests are let through in each window; the others are refused by 429. */
  readonly requests: number;
  /** How long a window is, in whole seconds, at most 2,147,483. It begins with the first request. */
  readonly windowSeconds: number;
  /** Who is counted. `caller` by default. */
  readonly by?: CountedBy;
  /**
   * What clients read in `RateLimit`, and what is counted together: limits of one name are one limit. By default each decorator counts by
   * itself, and is called `route`, or on a class `controller`.
   */
  readonly name?: string;
}

/** A limit as it stands at a place. */
export interface DeclaredLimit {
  /** `Class`, `Class.method`, for messages. */
  readonly place: string;
  /** What it counts as without a name: the place, and which one of several that are called the same. */
  readonly key: string;
  readonly limit: RouteLimit;
}

/** One limit of a handler, compiled. */
export interface CompiledLimit extends RequestLimit {
  readonly by: CountedBy;
  /** Names its count, for all instances. */
  readonly key: string;
  /** What clients read. */
  readonly name: string;
}

/** The limits of a handler. Empty where it has none. */
export interface HandlerLimits {
  /** Those that the address alone decides, before anybody looks at a credential. */
  readonly early: readonly CompiledLimit[];
  /** Those that need to know who is calling. */
  readonly late: readonly CompiledLimit[];
}

export const NO_LIMITS: HandlerLimits = Object.freeze({ early: Object.freeze([]), late: Object.freeze([]) });

const COUNTED_BY: readonly unknown[] = ['caller', 'address', 'user', 'app'];

/** What makes no sense in a limit, in words that follow its name. */
export function problemOfLimit(limit: unknown): string | undefined {
  const { requests, windowSeconds, by, name, ...rest } = Object(limit) as Partial<RouteLimit>;
  if (!isRequestLimit({ requests, windowSeconds } as RequestLimit))
    return `needs whole, positive requests and windowSeconds, the latter at most ${MAX_WINDOW_SECONDS}`;
  if (by !== undefined && !answersAtOnce(by) && !COUNTED_BY.includes(by))
    return "can only count by 'caller', 'address', 'user', 'app' or a function";
  if (name !== undefined && !(typeof name === 'string' && /^[\w-]{1,50}$/.test(name)))
    return 'needs a name of letters, digits, - and _';
  const further = Object.keys(rest);
  return further.length === 0 ? undefined : `has no ${further.join(', ')}`;
}

/**
 * Compiles the limits that hold for one handler, the nearest first.
 *
 * @throws PortcullisConfigurationError for two that would be counted as one
 */
export function compileLimits(declared: readonly DeclaredLimit[]): HandlerLimits {
  const names = new Map<string, number>();
  const limits = declared.map((limit) => compile(limit, names));
  const twice = limits.find(({ key }, index) => limits.findIndex((other) => other.key === key) !== index);
  if (twice !== undefined)
    throw new PortcullisConfigurationError([
      `${declared[limits.indexOf(twice)]?.place}: @RateLimit says the same twice: give each limit a name, or leave one out`,
    ]);
  const isEarly = ({ by }: CompiledLimit) => by === 'address';
  return Object.freeze({
    early: Object.freeze(limits.filter(isEarly)),
    late: Object.freeze(limits.filter((limit) => !isEarly(limit))),
  });
}

function compile(
  { place, key, limit: { requests, windowSeconds, by = 'caller', name } }: DeclaredLimit,
  names: Map<string, number>,
): CompiledLimit {
  const called = name ?? nameOf(place);
  // Names in one header field differ from each other.
  const times = (names.get(called) ?? 0) + 1;
  names.set(called, times);
  const counts = [name ?? key, requests, windowSeconds, typeof by === 'function' ? 'function' : by];
  return Object.freeze({
    ...{ requests, windowSeconds, by },
    key: `route ${counts.join(' ')}`,
    name: times === 1 ? called : `${called}-${times}`,
  });
}

function nameOf(place: string): string {
  if (place === DEFAULT_PLACE) return 'default';
  return place.includes('.') ? 'route' : 'controller';
}

/** Where the limit stands that holds for all other handlers. No class is called that. */
export const DEFAULT_PLACE = '(default)';
