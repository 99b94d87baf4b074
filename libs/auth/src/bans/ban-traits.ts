import type { TraitDefinition } from '../access/handler-trait.js';
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

export const HONEYPOT: TraitDefinition<'honeypot', true> = {
  name: 'honeypot',
  decorator: '@Honeypot',
  opens: true,
  excludes: 'everything',
  compile: () => true,
};

export const STRIKES: TraitDefinition<'strikes', NamedStrikes> = {
  name: 'strikes',
  decorator: '@Strikes',
  problemOf: (strikes) =>
    isSound(strikes)
      ? undefined
      : 'needs an event, statuses, and where they are given a positive score and time and a subject: the name of a field, or a function',
  compile: (values) => Object.freeze([...values]),
};

export const BAN_EXEMPT: TraitDefinition<'banExempt', true> = {
  name: 'banExempt',
  decorator: '@BanExempt',
  excludes: ['strikes'],
  compile: () => true,
};

function isSound({ event, statuses, rule, subject }: NamedStrikes): boolean {
  return (
    event !== '' &&
    statuses.length > 0 &&
    statuses.every(isStatus) &&
    (subject === undefined ||
      typeof subject === 'function' ||
      (typeof subject === 'string' && subject !== '')) &&
    (rule === undefined || problemsOfRule(rule).length === 0)
  );
}
