import { defineRefusal, PortcullisError } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    too_many_attempts: true;
  }
}

export const TOO_MANY_ATTEMPTS = defineRefusal('too_many_attempts', {
  status: 429,
  title: 'Too many attempts',
  detail: 'Too many attempts are under way. Try again later.',
});

/** How long an attempt waits for its turn at most, in milliseconds. */
export const LONGEST_WAIT_MS = 20_000;

/** @param reason for the operator @param waitMs after which trying again makes sense, in milliseconds */
export function tooManyAttempts(reason: string, waitMs = LONGEST_WAIT_MS): PortcullisError {
  return new PortcullisError(TOO_MANY_ATTEMPTS, reason, { retryAfterSeconds: Math.ceil(waitMs / 1000) });
}
