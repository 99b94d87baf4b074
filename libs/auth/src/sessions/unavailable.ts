import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';

/**
 * What comes of a call, where whoever is asked is there. An outage must not look like a session that is over, or else everybody has to log
 * in again.
 *
 * @throws PortcullisError `temporarily_unavailable` for any failure that is no refusal
 */
export async function available<T>(call: Promise<T>, what: string): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PortcullisError) throw error;
    throw new PortcullisError(TEMPORARILY_UNAVAILABLE, `${what}: ${error}`, {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
}
