import type { LoginProof, SessionRecord } from './session.store.js';

/** How its user has proven themselves in a session, as it stands at a time. */
export interface SessionLevel extends LoginProof {
  /** When that ends, in milliseconds since the epoch; undefined for the login itself, which holds as long as the session. */
  readonly endsAt?: number;
}

/** Below this a token would not outlive its answer. */
const SHORTEST_MS = 1_000;

/**
 * The raised level of a session where there is one that has not ended, or else that of its login.
 *
 * @param now milliseconds since the epoch
 * @param raisedSeconds how long a raised level holds
 */
export function levelOf(
  { authTime, acr, amr, raised }: SessionRecord,
  now: number,
  raisedSeconds: number,
): SessionLevel {
  const endsAt = raised === null ? 0 : raised.authTime + raisedSeconds * 1000;
  return raised !== null && endsAt - now >= SHORTEST_MS ? { ...raised, endsAt } : { authTime, acr, amr };
}
