import type { LoginProof, SessionRecord } from './session.store.js';
import { levelOf } from './session-level.js';

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
  const { id, subject, clientId, device, createdAt, authTime, acr, amr } = record;
  const { lastUsedAt, lastUsedFrom, idleExpiresAt, expiresAt } = record;
  const { endsAt, ...level } = levelOf(record, now, raisedSeconds);
  return {
    ...{ id, subject, clientId, device, createdAt, authTime, acr, amr },
    raised: endsAt === undefined ? null : { ...level, endsAt },
    ...{ lastUsedAt, lastUsedFrom, idleExpiresAt, expiresAt },
  };
}
