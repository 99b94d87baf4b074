import { declareTrait } from '../access/declare.js';
import { demandNothing, demandParentheses } from '../access/decorator-arguments.js';
import type { RouteLimit } from './handler-limits.js';
import { type LimitDeclaration, RATE_LIMITS } from './rate-limit-traits.js';

/**
 * Lets a caller call the handler so many times in a window, and refuses the rest by 429 `rate_limit_exceeded`, before the handler runs. On
 * a class it is one limit for all its handlers together. Several limits hold all of them, those of the class and of the options'
 * `rateLimits.default` too, but that the default is for handlers without a limit of their own.
 */
export function RateLimit(...given: [limit: RouteLimit]): MethodDecorator & ClassDecorator {
  demandParentheses('@RateLimit', given);
  const [limit] = given;
  return declaredAtPlace((at) => ({ ...at, limit }));
}

/** No limit holds for the handler but those that stand nearer to it: neither that of the options nor that of its class. */
export function RateLimitExempt(...given: []): MethodDecorator & ClassDecorator {
  demandNothing('@RateLimitExempt', given);
  return declaredAtPlace((at) => ({ ...at, isExempt: true }));
}

function declaredAtPlace(
  declarationAt: (at: { readonly place: string; readonly key: string }) => LimitDeclaration,
): MethodDecorator & ClassDecorator {
  return (target: object, member?: string | symbol, descriptor?: PropertyDescriptor) => {
    const type = typeof target === 'function' ? target : target.constructor;
    const placeIn = (name: string) => (member === undefined ? name : `${name}.${String(member)}`);
    const at = { place: placeIn(type.name), key: placeIn(nameOfItsOwn(type)) };
    const declare = declareTrait(RATE_LIMITS, declarationAt(at)) as (...parameters: unknown[]) => void;
    declare(target, member, descriptor);
  };
}

/** How many classes with limits there are of a name, and which of them one is. */
const namesakes = new Map<string, number>();
const ordinals = new WeakMap<object, number>();

/**
 * The name of a class, with a number from the second one of that name on: two versions of a controller are often called the same, and count
 * apart. Instances that load the same code give the same numbers.
 */
function nameOfItsOwn(type: { readonly name: string }): string {
  const ordinal = ordinals.get(type) ?? (namesakes.get(type.name) ?? 0) + 1;
  if (!ordinals.has(type)) {
    ordinals.set(type, ordinal);
    namesakes.set(type.name, ordinal);
  }
  return ordinal === 1 ? type.name : `${type.name}#${ordinal}`;
}
