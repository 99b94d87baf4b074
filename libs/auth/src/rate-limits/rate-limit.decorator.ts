import { declareTrait } from '../access/declare.js';
import type { RouteLimit } from './handler-limits.js';
import { type LimitDeclaration, RATE_LIMITS } from './rate-limit-traits.js';

/**
 * Lets a caller call the handler so many times in a window, and refuses the rest by 429 `rate_limit_exceeded`, before the handler runs. On
 * a class it is one limit for all its handlers together. Several limits hold all of them, those of the class and of the options'
 * `rateLimits.default` too, but that the default is for handlers without a limit of their own.
 */
export function RateLimit(limit: RouteLimit): MethodDecorator & ClassDecorator {
  return declaredAtPlace((place) => ({ ...limit, place }));
}

/** No limit holds for the handler but those that stand nearer to it: neither that of the options nor that of its class. */
export function RateLimitExempt(): MethodDecorator & ClassDecorator {
  return declaredAtPlace((place) => ({ place, isExempt: true }));
}

function declaredAtPlace(
  declarationAt: (place: string) => LimitDeclaration,
): MethodDecorator & ClassDecorator {
  return (target: object, member?: string | symbol, descriptor?: PropertyDescriptor) => {
    const { name } = typeof target === 'function' ? target : target.constructor;
    const place = member === undefined ? name : `${name}.${String(member)}`;
    const declare = declareTrait(RATE_LIMITS, declarationAt(place)) as (...parameters: unknown[]) => void;
    declare(target, member, descriptor);
  };
}
