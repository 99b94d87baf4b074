import { isOriginMatch } from './origins/origin-conditions.js';
import type { PayloadPattern } from './signatures/payload-signature.js';
import type { LongerLook, StrikeMatch, StrikeRule } from './strike-rules.js';

/** What makes no sense in a list of rules, each in a few words. */
export function problemsOfRules(rules: readonly unknown[]): string[] {
  const ids = rules.map((rule) => (rule as Partial<StrikeRule> | null)?.id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const problems = rules.map(problemsOfRule);
  return [
    ...problems.flatMap((own, index) => own.map((problem) => `rule ${index + 1} ${problem}`)),
    ...twice.map((id) => `the id ${id} is there twice`),
    ...problemsOfFamilies(rules.filter((_, index) => problems[index]?.length === 0) as StrikeRule[]),
  ];
}

/** What makes no sense in a rule, each in a few words. */
export function problemsOfRule(rule: unknown): string[] {
  if (typeof rule !== 'object' || rule === null) return ['is no rule'];
  const { id, match, score, windowSeconds, ...more } = rule as Partial<StrikeRule>;
  const { limitFactor, family, distinct, again, longer, lenient, mistake, shadow, ...rest } = more;
  const problems: string[] = [];
  const demand = (holds: boolean, problem: string) => holds || problems.push(problem);
  demand(isName(id), 'needs an id of letters, digits, - and _');
  demand(isMatch(match), 'needs a match that names what it looks at, as StrikeMatch describes it');
  demand(
    isCount(score) || score === Number.POSITIVE_INFINITY,
    'needs a score of whole, positive points, or Infinity',
  );
  demand(isCount(windowSeconds), 'needs whole, positive windowSeconds');
  demand(limitFactor === undefined || isCount(limitFactor), 'needs a whole, positive limitFactor, if any');
  demand(family === undefined || isName(family), 'needs a family of letters, digits, - and _, if any');
  demand(distinct === undefined || DISTINCT.includes(distinct), `can only be distinct by ${shown(DISTINCT)}`);
  demand(
    again === undefined || (isCount(again) && distinct !== undefined),
    'needs whole, positive points again, and something that is distinct, if any',
  );
  demand(
    longer === undefined || isLonger(longer, windowSeconds),
    'needs a longer look that is longer, with a limitFactor',
  );
  demand([undefined, true, false].includes(lenient), 'is lenient or is not');
  demand([undefined, true, false].includes(mistake), 'is about a mistake or is not');
  demand([undefined, true, false].includes(shadow), 'is a shadow or is not');
  demand(Object.keys(rest).length === 0, `has no ${Object.keys(rest).join(', ')}`);
  return problems;
}

/** The status of an answer that a rule can look at. */
export function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 599;
}

const DISTINCT: readonly unknown[] = [
  'path',
  'target',
  'parameters',
  'extension',
  'credential',
  'payload',
  'agent',
  'secret',
] satisfies StrikeRule['distinct'][];
const ROUTES: readonly unknown[] = ['known', 'unknown', 'owned', 'unowned'] satisfies StrikeMatch['route'][];

const CREDENTIALS: readonly unknown[] = ['sent', 'missing', 'password'] satisfies StrikeMatch['credential'][];

function shown(values: readonly unknown[]): string {
  return values
    .map((value) => `'${value}'`)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ');
}

function problemsOfFamilies(rules: readonly StrikeRule[]): string[] {
  return rules
    .filter(({ family, windowSeconds, limitFactor }) => {
      const first = rules.find((other) => family !== undefined && other.family === family);
      return (
        first !== undefined && (first.windowSeconds !== windowSeconds || first.limitFactor !== limitFactor)
      );
    })
    .map(
      ({ id, family }) =>
        `${id} has another window or limitFactor than the first rule of the family ${family}`,
    );
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && /^[\w-]{1,100}$/.test(value);
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0;
}

function isLonger(look: unknown, windowSeconds: number | undefined): boolean {
  if (typeof look !== 'object' || look === null) return false;
  const { limitFactor, windowSeconds: longer, ...rest } = look as Partial<LongerLook>;
  return (
    isCount(limitFactor) &&
    isCount(longer) &&
    Number(longer) > Number(windowSeconds) &&
    Object.keys(rest).length === 0
  );
}

const PARTS: Record<keyof StrikeMatch, (value: unknown) => boolean> = {
  status: isStatus,
  method: (value) => typeof value === 'string' && /^[A-Z]+$/.test(value),
  path: (value) => (typeof value === 'string' && value.startsWith('/')) || isPattern(value),
  url: isPattern,
  payload: isPayloadPattern,
  witnesses: isCount,
  userAgent: isPattern,
  event: isEvent,
  unlessEvent: isEvent,
  route: (value) => ROUTES.includes(value),
  origin: isOriginMatch,
  credential: (value) => CREDENTIALS.includes(value),
  body: (value) => value === 'secret',
};

/** An expression, or whatever can be asked like one. */
function isPayloadPattern(value: unknown): boolean {
  if (value instanceof RegExp) return isPattern(value);
  return typeof (value as PayloadPattern | null)?.exec === 'function';
}

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
