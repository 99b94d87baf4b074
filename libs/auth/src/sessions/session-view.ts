import type { LoginProof, SessionRecord } from './session.store.js';
import { levelOf, type SessionLevel } from './session-level.js';

/** A session as its user, or an admin, may see it: nothing of it opens anything. Times are milliseconds since the epoch. */
export type Session = Pick<
  SessionRecord,
  | 'id'
  | 'subject'
  | 'clientId'
  | 'device'
  | 'createdAt'
  | 'authTime'
  | 'acr'
  | 'amr'
  | 'lastUsedAt'
  | 'lastUsedFrom'
> & {
  /** What its user has proven since, as long as that counts; null where nothing does. */
  readonly raised: (LoginProof & { /** When it ends to count. */ readonly endsAt: number }) | null;
  /** When it ends unless it is used. */
  readonly idleExpiresAt: number;
  /** When it ends in any case. */
  readonly expiresAt: number;
};

/**
 * @param now milliseconds since the epoch
 * @param raisedSeconds how long a raised level holds
 */
export function sessionViewOf(record: SessionRecord, now: number, raisedSeconds: number): Session {
  // Property by property: a list of them is several times as slow to make from parts that are spread.
  return {
    id: record.id,
    subject: record.subject,
    clientId: record.clientId,
    device: record.device,
    createdAt: record.createdAt,
    authTime: record.authTime,
    acr: record.acr,
    amr: record.amr,
    raised: raisedIn(levelOf(record, now, raisedSeconds)),
    lastUsedAt: record.lastUsedAt,
    lastUsedFrom: record.lastUsedFrom,
    idleExpiresAt: record.idleExpiresAt,
    expiresAt: record.expiresAt,
  };
}

function raisedIn({ endsAt, authTime, acr, amr }: SessionLevel): Session['raised'] {
  return endsAt === undefined ? null : { authTime, acr, amr, endsAt };
}
