import { setTimeout as pause } from 'node:timers/promises';
import { unavailable } from './revocation-unavailable.js';

/** How long a new token may have to wait for the end of a revocation, in milliseconds. */
const LONGEST_WAIT_MS = 5_000;
/** The clock may also be set. */
const LOOK_AGAIN_MS = 100;

/**
 * This second, once no revocation of the user's covers it.
 *
 * @param now milliseconds since the epoch
 * @param revokedUntil seconds since the epoch, as far as is known by then
 * @returns seconds since the epoch
 * @throws PortcullisError `temporarily_unavailable` when one still does after five seconds
 */
export async function timeAfterRevocations(
  subject: string,
  now: () => number,
  revokedUntil: () => number,
): Promise<number> {
  const deadline = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const time = now();
    const waitMs = (revokedUntil() + 1) * 1000 - time;
    if (!(waitMs > 0)) return Math.floor(time / 1000);
    if (performance.now() > deadline)
      throw unavailable(`${subject} is revoked for ${waitMs} ms more by this clock`);
    await pause(Math.min(waitMs, LOOK_AGAIN_MS));
  }
}
