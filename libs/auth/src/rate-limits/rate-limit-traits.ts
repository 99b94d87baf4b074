import type { TraitDefinition } from '../access/handler-trait.js';
import { PortcullisConfigurationError } from '../errors.js';
import { compileLimits, type DeclaredLimit, type HandlerLimits, problemOfLimit } from './handler-limits.js';

declare module '../request/handler-facts.js' {
  interface HandlerTraits {
    /** How often it may be called, in the place of what the options say. */
    readonly rateLimits?: HandlerLimits;
  }
}

/** What `@RateLimitExempt` says at a place. */
export interface DeclaredExemption {
  readonly place: string;
  readonly key: string;
  readonly isExempt: true;
}

/** What stands at one place about limits. */
export type LimitDeclaration = DeclaredLimit | DeclaredExemption;

export const RATE_LIMITS: TraitDefinition<'rateLimits', LimitDeclaration> = {
  name: 'rateLimits',
  decorator: '@RateLimit',
  problemOf: (declared) => (isExemption(declared) ? undefined : problemOfLimit(declared.limit)),
  compile(declared) {
    const first = declared.find(isExemption);
    if (first === undefined) return compileLimits(declared as readonly DeclaredLimit[]);
    // What is further away than the exemption no longer holds.
    const limits = declared.slice(0, declared.indexOf(first)) as readonly DeclaredLimit[];
    if (declared.some((other) => other.key === first.key && !isExemption(other)))
      throw new PortcullisConfigurationError([
        `${first.place}: @RateLimit and @RateLimitExempt contradict each other`,
      ]);
    return compileLimits(limits);
  },
};

function isExemption(declared: LimitDeclaration): declared is DeclaredExemption {
  return 'isExempt' in declared;
}
