import type { RequestContext } from '../request/request-context.js';

/** What a rule looks at. All that is given must match; in a list one of its entries must. */
export interface StrikeMatch {
  /** The status of the answer. */
  readonly status?: number | readonly number[];
  /** The method, in capitals. */
  readonly method?: string | readonly string[];
  /** The path, percent-decoded: a text matches the whole of it. */
  readonly path?: string | RegExp | readonly (string | RegExp)[];
  /** The path and the query, percent-decoded until nothing is left to decode. */
  readonly url?: RegExp | readonly RegExp[];
  /** The `User-Agent` header. */
  readonly userAgent?: RegExp | readonly RegExp[];
  /**
   * What happened: the code of a refusal, or one that says more (`bad_key`, `expired_token`, `revoked_token`, `algorithm_attack`,
   * `key_in_url`), or what `@Strikes` calls it on a handler.
   */
  readonly event?: string | readonly string[];
  /** What must not have happened. */
  readonly unlessEvent?: string | readonly string[];
  /** Whether the path belongs to a handler. */
  readonly route?: 'known' | 'unknown';
}

/** What costs an address points, and how many. */
export interface StrikeRule {
  /** Its name in events and with the bans that it leads to. */
  readonly id: string;
  readonly match: StrikeMatch;
  /**
   * Points for a response that matches; `bans.strikeLimit` of them ban. `Infinity` bans at once, shared addresses too, and whoever has proved
   * who they are.
   */
  readonly score: number;
  /** The same path, or the same credential, counts again only when it was not seen for a window. */
  readonly distinct?: 'path' | 'credential';
  /** How long points are remembered, in seconds. */
  readonly windowSeconds: number;
  /** Its bans are only reported, and refuse nobody. */
  readonly shadow?: boolean;
}

/** Answers of a handler that mean something to the rules. */
export interface NamedStrikes {
  readonly event: string;
  readonly statuses: readonly number[];
  /** A rule that counts them besides those of the options. */
  readonly rule?: StrikeRule;
  /** The field of the body that names the account, or who names it. */
  readonly subject?: string | ((request: RequestContext) => string | undefined);
}

/** Whether one strike is enough, whoever is behind the address. */
export function bansAtOnce({ score }: StrikeRule): boolean {
  return score === Number.POSITIVE_INFINITY;
}

/** What makes no sense in a list of rules, each in a few words. */
export function problemsOfRules(rules: readonly unknown[]): string[] {
  const ids = rules.map((rule) => (rule as Partial<StrikeRule> | null)?.id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  return [
    ...rules.flatMap((rule, index) => problemsOfRule(rule).map((problem) => `rule ${index + 1} ${problem}`)),
    ...twice.map((id) => `the id ${id} is there twice`),
  ];
}

/** What makes no sense in a rule, each in a few words. */
export function problemsOfRule(rule: unknown): string[] {
  if (typeof rule !== 'object' || rule === null) return ['is no rule'];
  const { id, match, score, distinct, windowSeconds, shadow, ...rest } = rule as Partial<StrikeRule>;
  const problems: string[] = [];
  const demand = (holds: boolean, problem: string) => holds || problems.push(problem);
  demand(typeof id === 'string' && /^[\w-]{1,100}$/.test(id), 'needs an id of letters, digits, - and _');
  demand(isMatch(match), 'needs a match that names what it looks at, as StrikeMatch describes it');
  demand(isPositive(score), 'needs a score of whole, positive points, or Infinity');
  demand(Number.isInteger(windowSeconds) && isPositive(windowSeconds), 'needs whole, positive windowSeconds');
  demand(
    [undefined, 'path', 'credential'].includes(distinct),
    "can only be distinct by 'path' or 'credential'",
  );
  demand([undefined, true, false].includes(shadow), 'is a shadow or is not');
  demand(Object.keys(rest).length === 0, `has no ${Object.keys(rest).join(', ')}`);
  return problems;
}

/** The status of an answer that a rule can look at. */
export function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 599;
}

function isPositive(value: unknown): boolean {
  return (Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && Number(value) > 0;
}

const PARTS: Record<keyof StrikeMatch, (value: unknown) => boolean> = {
  status: isStatus,
  method: (value) => typeof value === 'string' && /^[A-Z]+$/.test(value),
  path: (value) => (typeof value === 'string' && value.startsWith('/')) || isPattern(value),
  url: isPattern,
  userAgent: isPattern,
  event: isEvent,
  unlessEvent: isEvent,
  route: (value) => value === 'known' || value === 'unknown',
};

function isEvent(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isMatch(match: unknown): boolean {
  if (typeof match !== 'object' || match === null) return false;
  const parts = Object.entries(match).filter(([, value]) => value !== undefined);
  return (
    parts.length > 0 &&
    parts.every(([name, value]) => {
      const values = [value].flat();
      const isPart = Object.hasOwn(PARTS, name) ? PARTS[name as keyof StrikeMatch] : undefined;
      return isPart !== undefined && values.length > 0 && values.every(isPart);
    })
  );
}

/** With `g` or `y` a pattern remembers where it stopped, and the next text would be searched from there. */
function isPattern(value: unknown): boolean {
  return value instanceof RegExp && !value.global && !value.sticky;
}
