import { declareTrait } from '../access/declare.js';
import type { RequestContext } from '../request/request-context.js';
import { BAN_EXEMPT, HONEYPOT, STRIKES } from './ban-traits.js';

/**
 * A decoy that no honest client asks for: open to everyone, and whoever touches it is banned.
 * The handler still answers this one request, so that it can look like the real thing.
 */
export function Honeypot(): MethodDecorator & ClassDecorator {
  return declareTrait(HONEYPOT, true);
}

/**
 * The handler's responses never count as strikes, for lookups whose misses are honest.
 * It doesn't let a banned address in: bans are enforced before the handler is known.
 */
export function BanExempt(): MethodDecorator & ClassDecorator {
  return declareTrait(BAN_EXEMPT, true);
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

/**
 * Gives a handler's failures a name, so that rules can count them: a refused login is `{ event: 'login_failed', subject: 'username' }`.
 * No more requests of one address reach the handler at once than it has failures left before it is banned; further ones wait in turn, a
 * hundred of them for twenty seconds at most, and are then refused by 429 `too_many_attempts`.
 */
export function Strikes({
  event,
  status = [401, 403],
  score,
  windowSeconds = 600,
  subject,
}: HandlerStrikes): MethodDecorator & ClassDecorator {
  const rule = score === undefined ? {} : { rule: { id: event, match: { event }, score, windowSeconds } };
  const named = subject === undefined ? {} : { subject };
  return declareTrait(STRIKES, { event, statuses: [status].flat(), ...rule, ...named });
}
