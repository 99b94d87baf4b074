import type { TraitDefinition } from '../access/handler-trait.js';
import { answersAtOnce } from '../options/plain-function.js';
import type { RequestContext } from '../request/request-context.js';
import { isStatus, problemsOfRule } from './strike-rule-problems.js';
import type { NamedStrikes } from './strike-rules.js';

declare module '../request/handler-facts.js' {
  interface HandlerTraits {
    /** Touching the handler bans the address. */
    readonly honeypot?: true;
    /** The handler's responses never count as strikes. */
    readonly banExempt?: true;
    /** The query holds what others have written, such as where to go on afterwards: no pattern looks for attacks in it. */
    readonly foreignQuery?: true;
    /** Which of its answers mean something to the rules for strikes. */
    readonly strikes?: readonly NamedStrikes[];
  }
}

/** What some answers of a handler mean. */
export interface HandlerStrikes {
  /** What happened, for the rules that match this event: `login_failed`, or a name of your own. */
  readonly event: string;
  /** The statuses that mean it. 401 and 403 by default. */
  readonly status?: number | readonly number[];
  /** Points for each, by a rule with the event's name. By default only the rules of the options count it. */
  readonly score?: number;
  /** How long these points are remembered, in seconds. 600 by default. */
  readonly windowSeconds?: number;
  /**
   * Which account the attempt is about: the field of the body that names it, such as `username`, or a function that returns its name. Where
   * many addresses attack one account, their attempts at it are then slowed down; networks from which somebody has got in lately are not.
   */
  readonly subject?: string | ((request: RequestContext) => string | undefined);
}

export const HONEYPOT: TraitDefinition<'honeypot', true> = {
  name: 'honeypot',
  decorator: '@Honeypot',
  opens: true,
  excludes: 'everything',
  compile: () => true,
};

export const STRIKES: TraitDefinition<'strikes', HandlerStrikes> = {
  name: 'strikes',
  decorator: '@Strikes',
  problemOf: problemOfStrikes,
  compile: (values) => Object.freeze(values.map(namedBy)),
};

export const BAN_EXEMPT: TraitDefinition<'banExempt', true> = {
  name: 'banExempt',
  decorator: '@BanExempt',
  excludes: ['strikes'],
  compile: () => true,
};

function namedBy({
  event,
  status = [401, 403],
  score,
  windowSeconds = 600,
  subject,
}: HandlerStrikes): NamedStrikes {
  return {
    ...{ event, statuses: [status].flat() },
    ...(score !== undefined && { rule: { id: event, match: { event }, score, windowSeconds } }),
    ...(subject !== undefined && { subject }),
  };
}

function problemOfStrikes(strikes: unknown): string | undefined {
  const given: Partial<HandlerStrikes> = typeof strikes === 'object' && strikes !== null ? strikes : {};
  const { event, status: _, score, windowSeconds, subject: __, ...rest } = given;
  const further = Object.keys(rest);
  if (further.length > 0) return `has no ${further.join(', ')}`;
  if (windowSeconds !== undefined && score === undefined)
    return 'has windowSeconds, but no score to remember';
  if (typeof event === 'string' && isSound(namedBy({ ...given, event }))) return undefined;
  return 'needs an event, statuses, and where they are given a positive score and time and a subject: the name of a field, or a function';
}

function isSound({ event, statuses, rule, subject }: NamedStrikes): boolean {
  return (
    event !== '' &&
    statuses.length > 0 &&
    statuses.every(isStatus) &&
    (subject === undefined || answersAtOnce(subject) || (typeof subject === 'string' && subject !== '')) &&
    (rule === undefined || problemsOfRule(rule).length === 0)
  );
}
