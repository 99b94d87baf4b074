import type { RequestFacts } from './security-event.js';

/** Of requests, who has proven to be behind them. */
const CALLERS = new WeakMap<RequestFacts, string>();

/**
 * Notes who has proven to be behind a request, also where the credential was refused all the same.
 *
 * @param caller as one text, for telling one from another
 */
export function noteCaller(request: RequestFacts, caller: string): void {
  CALLERS.set(request, caller);
}

/** Who has proven to be behind a request. A `keyId` alone proves nothing: a key's public name is no secret. */
export function callerOf(request: RequestFacts): string | undefined {
  const { subject, appId } = request;
  const known = CALLERS.get(request);
  if (known !== undefined) return known;
  if (subject !== undefined) return JSON.stringify(['subject', subject]);
  return appId === undefined ? undefined : JSON.stringify(['app', appId]);
}
