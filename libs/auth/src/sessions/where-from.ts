import type { Actor, RequestFacts } from '../events/security-event.js';

/** Where a login, or what belongs to one, comes from. */
export function whereFrom({ address, requestId }: RequestFacts): Omit<Actor, 'actor'> {
  return { address, requestId };
}
