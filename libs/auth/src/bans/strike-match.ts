import { meets, type OriginMatch } from './origins/origin-conditions.js';
import type { Origin } from './origins/origin-reader.js';
import type { FoundPayload } from './signatures/payload-search.js';
import type { PayloadPattern } from './signatures/payload-signature.js';
import type { StrikeMatch, StrikeRule } from './strike-rules.js';

/** A response that is over, as the rules see it. What is costly to find out waits until a rule asks for it. */
export interface ScoredResponse {
  /** Undefined before there is one. */
  readonly status: number | undefined;
  readonly method: string;
  /** Percent-decoded. */
  readonly path: string;
  /** The path without disguise. */
  readonly plainPath: string;
  readonly url: string;
  readonly userAgent: string;
  readonly events: readonly string[];
  readonly route: 'known' | 'unknown';
  /** Whether a handler that names the path has taken it. */
  readonly isOwned: boolean;
  /** Whether something was sent to prove an identity, or a cookie. */
  readonly hasCredential: boolean;
  /** Whether that is a name and a password. */
  readonly hasPassword: boolean;
  /** What its body holds by which somebody proves who they are, with the account; undefined where it holds none. */
  readonly sentSecret: string | undefined;
  /** Where its address is from; undefined where that can't be said. */
  readonly origin: Origin | undefined;
  /** The first payload that one of these patterns finds. */
  findPayload(patterns: readonly PayloadPattern[]): FoundPayload | undefined;
}

/** Whether the rule is about this response. */
export function matches(rule: StrikeRule, response: ScoredResponse): boolean {
  // In the order of what they cost.
  return (
    meetsOutcome(rule, response) &&
    meetsCaller(rule, response) &&
    meetsAgent(rule, response) &&
    meetsTarget(rule, response) &&
    meetsPayload(rule, response)
  );
}

/** Whether what the rule says of the method, the answer, and of who owns the path, is true of it. */
export function meetsOutcome({ match }: StrikeRule, response: ScoredResponse): boolean {
  const { method, status, route, event, unlessEvent } = match;
  return (
    (method === undefined || isOneOf(method, response.method)) &&
    (status === undefined || (response.status !== undefined && isOneOf(status, response.status))) &&
    (event === undefined || response.events.some((happened) => isOneOf(event, happened))) &&
    (unlessEvent === undefined || !hasHappened(unlessEvent, response.events)) &&
    (route === undefined || meetsRoute(route, response))
  );
}

/** Whether what the rule says of the caller is true of it, and of what they have sent. */
export function meetsCaller(
  { match: { credential, body, origin } }: StrikeRule,
  response: ScoredResponse,
): boolean {
  return (
    (credential === undefined || meetsCredential(credential, response)) &&
    (body === undefined || response.sentSecret !== undefined) &&
    (origin === undefined || isFrom(origin, response))
  );
}

function meetsCredential(
  credential: NonNullable<StrikeMatch['credential']>,
  response: ScoredResponse,
): boolean {
  if (credential === 'password') return response.hasPassword;
  return response.hasCredential === (credential === 'sent');
}

function isFrom(match: OriginMatch, { origin }: ScoredResponse): boolean {
  return origin !== undefined && meets(match, origin);
}

function meetsRoute(route: NonNullable<StrikeMatch['route']>, response: ScoredResponse): boolean {
  if (route === 'owned' || route === 'unowned') return response.isOwned === (route === 'owned');
  return response.route === route;
}

function hasHappened(unwanted: string | readonly string[], events: readonly string[]): boolean {
  return events.some((happened) => isOneOf(unwanted, '*') || isOneOf(unwanted, happened));
}

/** Whether the rule's patterns for path and URL are met. */
export function meetsTarget({ match: { path, url } }: StrikeRule, response: ScoredResponse): boolean {
  return (
    (path === undefined || isOneIn(path, response, isOfPath)) &&
    (url === undefined || isOneIn(url, response, isOfUrl))
  );
}

/** Whether the rule's patterns for the user agent are met. */
export function meetsAgent({ match: { userAgent } }: StrikeRule, response: ScoredResponse): boolean {
  return userAgent === undefined || isOneIn(userAgent, response, isOfAgent);
}

/** Whether as many of the rule's payloads are there as it asks for. */
export function meetsPayload(
  { match: { payload, witnesses = 1 } }: StrikeRule,
  response: ScoredResponse,
): boolean {
  if (payload === undefined) return true;
  const found = response.findPayload(listOf(payload));
  return found !== undefined && found.witnesses >= witnesses;
}

/** The patterns for payloads of a rule: a list is the same object each time. */
export function listOf(payload: PayloadPattern | readonly PayloadPattern[]): readonly PayloadPattern[] {
  return isList(payload) ? payload : [payload];
}

function isList(payload: PayloadPattern | readonly PayloadPattern[]): payload is readonly PayloadPattern[] {
  return Array.isArray(payload);
}

/** Whether the rule is about what was asked for, and not only about the answer. */
export function looksAtRequest({ match: { path, url, payload, userAgent } }: StrikeRule): boolean {
  return [path, url, payload, userAgent].some((part) => part !== undefined);
}

function isOneOf<T extends string | number>(wanted: T | readonly T[], value: T): boolean {
  return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
}

function isOneIn<T extends string | RegExp>(
  wanted: T | readonly T[],
  response: ScoredResponse,
  isOf: (wanted: T, response: ScoredResponse) => boolean,
): boolean {
  return Array.isArray(wanted) ? wanted.some((each) => isOf(each, response)) : isOf(wanted as T, response);
}

function isOfPath(wanted: string | RegExp, response: ScoredResponse): boolean {
  if (typeof wanted === 'string') return wanted === response.path;
  return response.plainPath.search(wanted) !== -1;
}

function isOfUrl(wanted: RegExp, { url }: ScoredResponse): boolean {
  return url.search(wanted) !== -1;
}

function isOfAgent(wanted: RegExp, { userAgent }: ScoredResponse): boolean {
  return userAgent.search(wanted) !== -1;
}
