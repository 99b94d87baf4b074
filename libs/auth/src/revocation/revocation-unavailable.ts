import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { textOf } from '../log.js';

/** The refusal of what can't be said, or done for certain, now. */
export function unavailable(reason: string, cause?: unknown): PortcullisError {
  if (cause instanceof PortcullisError) return cause;
  return new PortcullisError(
    TEMPORARILY_UNAVAILABLE,
    cause === undefined ? reason : `${reason}: ${textOf(cause)}`,
    {
      retryAfterSeconds: 1,
      ...(cause !== undefined && { cause }),
    },
  );
}
