import { isHashOf, type RefreshTokenParts } from './refresh-token-codec.js';
import type { SessionBinding, SessionRecord } from './session.store.js';

/** What a refresh token is to its session. */
export interface Standing {
  /** `newest`, or the one before it within grace: `predecessor`; `used-up`: somebody has copied it; `refused`: nothing is to be done. */
  readonly kind: 'newest' | 'predecessor' | 'used-up' | 'refused';
  /** For the operator. */
  readonly reason: string;
}

/** What it is judged by. */
interface Circumstances {
  readonly binding: SessionBinding | null;
  readonly clientId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly graceMs: number;
}

/**
 * Judges a refresh token whose MAC is right. What its sender can not be blamed for comes first: only the owner's own tokens, with the
 * owner's own key, say that a session has been copied.
 */
export function standingOf(
  session: SessionRecord,
  { generation, secret }: RefreshTokenParts,
  { binding, clientId, now, graceMs }: Circumstances,
): Standing {
  const name = `session ${session.id}`;
  if (!isHashOf(session.secretHash, secret)) return refused(`${name} has another secret`);
  if (session.endedAt !== null) return refused(`${name} has ended`);
  if (session.idleExpiresAt <= now || session.expiresAt <= now) return refused(`${name} is over`);
  if (clientId !== undefined && session.clientId !== clientId) return refused(`${name} is another client's`);
  if (!isSameBinding(session.binding, binding)) return refused(`${name} is bound to another key`);
  if (generation === session.generation) return { kind: 'newest', reason: '' };
  const age = now - session.rotatedAt;
  if (generation === session.generation - 1 && age <= graceMs) return { kind: 'predecessor', reason: '' };
  // One that is newer than the store knows was made before a backup was brought back: who has the older one is not known.
  return { kind: 'used-up', reason: `generation ${generation} of ${name} is used up` };
}

function refused(reason: string): Standing {
  return { kind: 'refused', reason };
}

/** Whether two sessions, or a session and what was proven, are bound to the same. */
export function isSameBinding(one: SessionBinding | null, other: SessionBinding | null): boolean {
  if (one === null || other === null) return one === other;
  if ('jkt' in one) return 'jkt' in other && one.jkt === other.jkt;
  return 'x5t#S256' in other && one['x5t#S256'] === other['x5t#S256'];
}
