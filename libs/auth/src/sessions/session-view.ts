import type { SessionRecord } from './session.store.js';

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
  /** When it ends unless it is used. */
  readonly idleExpiresAt: number;
  /** When it ends in any case. */
  readonly expiresAt: number;
};

export function sessionViewOf(record: SessionRecord): Session {
  const { id, subject, clientId, device, createdAt, authTime, acr, amr } = record;
  const { lastUsedAt, lastUsedFrom, idleExpiresAt, expiresAt } = record;
  return {
    ...{ id, subject, clientId, device, createdAt, authTime, acr, amr },
    ...{ lastUsedAt, lastUsedFrom, idleExpiresAt, expiresAt },
  };
}
