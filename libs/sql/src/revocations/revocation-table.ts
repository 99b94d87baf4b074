import type { KnownRevocation, Revocation } from '@portcullis/auth';
import type { Migration, Row } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

export const REVOCATIONS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('revocations')} (
     id TEXT PRIMARY KEY NOT NULL,
     type TEXT NOT NULL,
     issuer TEXT NOT NULL,
     target TEXT NOT NULL,
     issued_until DOUBLE PRECISION,
     reason TEXT NOT NULL,
     revoked_at BIGINT NOT NULL,
     expires_at BIGINT NOT NULL
   )`,
  `CREATE INDEX ${table('revocations_end')} ON ${table('revocations')} (expires_at)`,
];

/** To look through what was revoked lately. */
export const REVOCATION_TIMES_MIGRATION: Migration = (table) => [
  `CREATE INDEX ${table('revocations_made')} ON ${table('revocations')} (revoked_at, id)`,
];

/** What is read again and again. */
export const KNOWN_COLUMNS = [
  'id',
  'type',
  'issuer',
  'target',
  'issued_until',
  'revoked_at',
  'expires_at',
] as const;
export const REVOCATION_COLUMNS = [...KNOWN_COLUMNS, 'reason'] as const;

export function rowOf(revocation: Revocation): Row {
  const { id, type, issuer, reason, revokedAt, expiresAt } = revocation;
  return {
    id: toSqlText(id),
    type,
    issuer: toSqlText(issuer),
    target: toSqlText(targetOf(revocation)),
    issued_until: 'issuedUntil' in revocation ? revocation.issuedUntil : null,
    reason: toSqlText(reason),
    revoked_at: revokedAt,
    expires_at: expiresAt,
  };
}

export function revocationOf(row: Row): KnownRevocation {
  const id = fromSqlText(row.id as string);
  const issuer = fromSqlText(row.issuer as string);
  const target = fromSqlText(row.target as string);
  const revokedAt = Number(row.revoked_at);
  const expiresAt = Number(row.expires_at);
  const issuedUntil = Number(row.issued_until);
  // Each written out: to copy what they have in common takes as long as all the rest, and there may be a million.
  switch (row.type) {
    case 'token':
      return { type: 'token', tokenId: target, id, issuer, revokedAt, expiresAt };
    case 'session':
      return { type: 'session', sessionId: target, id, issuer, revokedAt, expiresAt };
    case 'user':
      return { type: 'user', subject: target, issuedUntil, id, issuer, revokedAt, expiresAt };
    case 'logins':
      return { type: 'logins', subject: target, issuedUntil, id, issuer, revokedAt, expiresAt };
    case 'client':
      return { type: 'client', clientId: target, issuedUntil, id, issuer, revokedAt, expiresAt };
    case 'issuer':
      return { type: 'issuer', issuedUntil, id, issuer, revokedAt, expiresAt };
    default:
      throw new Error(`there is a revocation of the unknown type ${row.type}`);
  }
}

function targetOf(revocation: Revocation): string {
  switch (revocation.type) {
    case 'token':
      return revocation.tokenId;
    case 'session':
      return revocation.sessionId;
    case 'user':
    case 'logins':
      return revocation.subject;
    case 'client':
      return revocation.clientId;
    case 'issuer':
      return '';
  }
}
