import type { HandlerFacts } from '../request/handler-facts.js';

/** Whether decorators say how often a handler may be called, which only a guard applies. */
export function isLimited({ traits: { rateLimits } }: Pick<HandlerFacts, 'traits'>): boolean {
  return rateLimits !== undefined && rateLimits.early.length + rateLimits.late.length > 0;
}
