import type { StrikeRule } from './strike-rules.js';

/** A response that is over, as the rules see it. What is costly to find out waits until a rule asks for it. */
export interface ScoredResponse {
  /** Undefined before there is one. */
  readonly status: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly url: string;
  readonly userAgent: string;
  readonly events: readonly string[];
  readonly route: 'known' | 'unknown';
}

/** Whether the rule is about this response. */
export function matches(rule: StrikeRule, response: ScoredResponse): boolean {
  // In the order of what they cost.
  return meetsAnswer(rule, response) && meetsAgent(rule, response) && meetsTarget(rule, response);
}

/** Whether what the rule says of the answer, and of the method, is true of it. */
export function meetsAnswer(rule: StrikeRule, response: ScoredResponse): boolean {
  const { route, event, unlessEvent, method } = rule.match;
  return (
    meetsStatus(rule, response.status) &&
    (route === undefined || route === response.route) &&
    (event === undefined || response.events.some((happened) => isOneOf(event, happened))) &&
    (unlessEvent === undefined || !response.events.some((happened) => isOneOf(unlessEvent, happened))) &&
    (method === undefined || isOneOf(method, response.method))
  );
}

/** Whether the rule is about answers of this status. */
export function meetsStatus({ match }: StrikeRule, status: number | undefined): boolean {
  return match.status === undefined || (status !== undefined && isOneOf(match.status, status));
}

/** Whether the rule's patterns for path and URL are met. */
export function meetsTarget({ match: { path, url } }: StrikeRule, response: ScoredResponse): boolean {
  return (
    (path === undefined || isLike(path, response.path)) && (url === undefined || isLike(url, response.url))
  );
}

/** Whether the rule's patterns for the user agent are met. */
export function meetsAgent({ match: { userAgent } }: StrikeRule, response: ScoredResponse): boolean {
  return userAgent === undefined || isLike(userAgent, response.userAgent);
}

/** Whether the rule is about what was asked for, and not only about the answer. */
export function looksAtRequest(rule: StrikeRule): boolean {
  return [rule.match.path, rule.match.url, rule.match.userAgent].some((part) => part !== undefined);
}

function isOneOf<T extends string | number>(wanted: T | readonly T[], value: T): boolean {
  return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
}

function isLike(patterns: string | RegExp | readonly (string | RegExp)[], text: string): boolean {
  const list = Array.isArray(patterns) ? patterns : [patterns];
  return list.some((pattern) =>
    typeof pattern === 'string' ? pattern === text : text.search(pattern) !== -1,
  );
}
