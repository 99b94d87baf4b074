import { CLOCKS_APART_MS } from '../replication/shared-clock.js';
import type { RevocationTarget } from './revocation.store.js';
import type { RevocationSettings } from './revocation-settings.js';

type Tokens = RevocationSettings['tokens'];

/** A hundred years, because a personal token may never expire. */
const FOR_GOOD_MS = 3_155_760_000_000;

/** No login is under way, or waits for another factor, for longer than this. */
export const LONGEST_LOGIN_MS = 600_000;

/**
 * The last `iat` that there can be by now: of our own tokens, as far ahead as the clocks of our instances may be; of another issuer,
 * whose clock may be ahead of ours, as much later as is tolerated.
 *
 * @param now milliseconds since the epoch
 * @returns seconds since the epoch
 */
export function lastIssued(issuer: string, now: number, tokens: Tokens): number {
  if (issuer === tokens?.issuer?.url) return lastBegun(now);
  return Math.ceil(now / 1000) + toleranceIn(tokens);
}

/**
 * The last time at which a login can have begun by now, by the clock of any instance of ours.
 *
 * @param now milliseconds since the epoch
 * @returns seconds since the epoch
 */
export function lastBegun(now: number): number {
  return Math.floor((now + CLOCKS_APART_MS) / 1000);
}

/**
 * When the last token that it could match is refused anyway. A session goes on with new tokens, so it has a limit of its own.
 *
 * @param now milliseconds since the epoch
 * @param isOver whether a session gets no new tokens any more
 * @returns milliseconds since the epoch
 */
export function expiryOf(target: RevocationTarget, now: number, tokens: Tokens, isOver = false): number {
  if (target.type === 'issuer') return now + FOR_GOOD_MS;
  if (target.type === 'logins') return now + LONGEST_LOGIN_MS;
  if (target.type === 'session' && !isOver) return now + (tokens?.maxSessionSeconds ?? 0) * 1000;
  const lastIssuedAt = 'issuedUntil' in target ? Math.max(target.issuedUntil * 1000, now) : now;
  return lastIssuedAt + ((tokens?.maxLifetimeSeconds ?? 0) + 2 * toleranceIn(tokens)) * 1000;
}

function toleranceIn(tokens: Tokens): number {
  return Math.max(tokens?.clockToleranceSeconds ?? 0, 1);
}

/** How long what is over is kept, in milliseconds: this clock may be ahead, and be corrected, and those of others may be behind. */
export const FORGOTTEN_AFTER_MS = 3_600_000;
