import type { PortcullisError } from '../errors.js';
import type { RequestContext } from '../request/request-context.js';

/** Few requests have one, so that no other carries a field for it. */
const FAILURES = new WeakMap<RequestContext, PortcullisError>();

/** Notes why nobody was proven, where it is for others to say whether the request is refused for it, and in which words. */
export function noteFailure(context: RequestContext, error: PortcullisError): void {
  FAILURES.set(context, error);
}

/** Why nobody was proven, as it was noted last. */
export function failureOf(context: RequestContext): PortcullisError | undefined {
  return FAILURES.get(context);
}
