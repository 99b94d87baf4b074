import { declareTrait } from '../access/declare.js';
import { demandNothing, demandParentheses } from '../access/decorator-arguments.js';
import { BAN_EXEMPT, type HandlerStrikes, HONEYPOT, STRIKES } from './ban-traits.js';

/**
 * A decoy that no honest client asks for: open to everyone, and whoever touches it is banned.
 * The handler still answers this one request, so that it can look like the real thing.
 */
export function Honeypot(...given: []): MethodDecorator & ClassDecorator {
  demandNothing('@Honeypot', given);
  return declareTrait(HONEYPOT, true);
}

/**
 * The handler's responses never count as strikes, for lookups whose misses are honest.
 * It doesn't let a banned address in: bans are enforced before the handler is known.
 */
export function BanExempt(...given: []): MethodDecorator & ClassDecorator {
  demandNothing('@BanExempt', given);
  return declareTrait(BAN_EXEMPT, true);
}

/**
 * Gives a handler's failures a name, so that rules can count them: a refused login is `{ event: 'login_failed', subject: 'username' }`.
 * No more requests of one address reach the handler at once than it has failures left before it is banned; further ones wait in turn, a
 * hundred of them for twenty seconds at most, and are then refused by 429 `too_many_attempts`.
 */
export function Strikes(...given: [strikes: HandlerStrikes]): MethodDecorator & ClassDecorator {
  demandParentheses('@Strikes', given);
  return declareTrait(STRIKES, given[0]);
}
