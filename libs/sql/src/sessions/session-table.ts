import type { LoginProof, SessionRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

export const SESSIONS_MIGRATION: Migration = (table) => {
  const index = (name: string, columns: string, condition = '') =>
    `CREATE INDEX ${table(`sessions_${name}`)} ON ${table('sessions')} (${columns}) ${condition}`.trim();
  return [
    `CREATE TABLE ${table('sessions')} (
       id TEXT PRIMARY KEY NOT NULL,
       issuer TEXT NOT NULL,
       subject TEXT NOT NULL,
       client_id TEXT NOT NULL,
       scopes TEXT NOT NULL,
       created_at BIGINT NOT NULL,
       auth_time BIGINT NOT NULL,
       acr TEXT,
       amr TEXT NOT NULL,
       secret_hash TEXT NOT NULL,
       generation INTEGER NOT NULL,
       rotated_at BIGINT NOT NULL,
       last_used_at BIGINT NOT NULL,
       last_used_from TEXT,
       device TEXT,
       binding TEXT,
       upstream_iss TEXT,
       upstream_sub TEXT,
       upstream_sid TEXT,
       idle_expires_at BIGINT NOT NULL,
       expires_at BIGINT NOT NULL,
       ended_at BIGINT,
       ended_reason TEXT
     )`,
    index('of_user', 'subject, issuer, created_at, id'),
    // Somebody may log in and out all day: what goes on is found without walking over what has ended.
    index('going_on', 'subject, issuer, created_at, id', 'WHERE ended_at IS NULL'),
    index('of_client', 'client_id, issuer', 'WHERE ended_at IS NULL'),
    index('upstream', 'upstream_sub, upstream_iss', 'WHERE ended_at IS NULL AND upstream_sub IS NOT NULL'),
    index('end', 'idle_expires_at'),
  ];
};

export const SESSION_LEVELS_MIGRATION: Migration = (table) =>
  ['raised_at BIGINT', 'raised_acr TEXT', 'raised_amr TEXT'].map(
    (column) => `ALTER TABLE ${table('sessions')} ADD COLUMN ${column}`,
  );

/**
 * While hardly any session goes on, PostgreSQL takes all indexes of those for the same, and would look for a user's by walking over those of
 * all clients. What is said of the client besides takes that index out of the question where no client is named.
 */
export const SESSIONS_OF_CLIENTS_MIGRATION: Migration = (table) => [
  `DROP INDEX ${table('sessions_of_client')}`,
  `CREATE INDEX ${table('sessions_of_client')} ON ${table('sessions')} (client_id, issuer)
   WHERE ended_at IS NULL AND client_id >= ''`,
];

/** Where an app dies between the end of a session and the revocation of its tokens, the next one finds what is left to do. */
export const UNSETTLED_SESSIONS_MIGRATION: Migration = (table) => [
  `ALTER TABLE ${table('sessions')} ADD COLUMN unsettled INTEGER`,
  `CREATE INDEX ${table('sessions_unsettled')} ON ${table('sessions')} (ended_at) WHERE unsettled IS NOT NULL`,
];

/** How often within a minute, by all instances together; and which addresses are to be forgotten. */
export const SESSION_USES_MIGRATION: Migration = (table) => [
  ...['refreshes', 'refreshes_since'].map(
    (column) => `ALTER TABLE ${table('sessions')} ADD COLUMN ${column} BIGINT NOT NULL DEFAULT 0`,
  ),
  `CREATE INDEX ${table('sessions_address')} ON ${table('sessions')} (last_used_at) WHERE last_used_from IS NOT NULL`,
];

export const SESSION_COLUMNS = [
  'id',
  'issuer',
  'subject',
  'client_id',
  'scopes',
  'created_at',
  'auth_time',
  'acr',
  'amr',
  'secret_hash',
  'generation',
  'rotated_at',
  'refreshes',
  'refreshes_since',
  'last_used_at',
  'last_used_from',
  'device',
  'binding',
  'upstream_iss',
  'upstream_sub',
  'upstream_sid',
  'raised_at',
  'raised_acr',
  'raised_amr',
  'idle_expires_at',
  'expires_at',
  'ended_at',
  'ended_reason',
] as const;

type Column = (typeof SESSION_COLUMNS)[number];

/** In the order of {@link SESSION_COLUMNS}. */
export function valuesOf(session: SessionRecord): Value[] {
  const row = rowOf(session);
  return SESSION_COLUMNS.map((column) => row[column]);
}

function rowOf(session: SessionRecord): Record<Column, Value> {
  return {
    id: toSqlText(session.id),
    issuer: toSqlText(session.issuer),
    subject: toSqlText(session.subject),
    client_id: toSqlText(session.clientId),
    // Their JSON escapes by itself what a database would spoil.
    scopes: JSON.stringify(session.scopes),
    created_at: session.createdAt,
    auth_time: session.authTime,
    acr: textOrNull(session.acr),
    amr: JSON.stringify(session.amr),
    secret_hash: toSqlText(session.secretHash),
    generation: session.generation,
    rotated_at: session.rotatedAt,
    refreshes: session.refreshes,
    refreshes_since: session.refreshesSince,
    last_used_at: session.lastUsedAt,
    last_used_from: textOrNull(session.lastUsedFrom),
    device: textOrNull(session.device),
    binding: session.binding && JSON.stringify(session.binding),
    upstream_iss: textOrNull(session.upstream?.iss),
    upstream_sub: textOrNull(session.upstream?.sub),
    upstream_sid: textOrNull(session.upstream?.sid),
    ...raisedColumnsOf(session.raised),
    idle_expires_at: session.idleExpiresAt,
    expires_at: session.expiresAt,
    ended_at: session.endedAt,
    ended_reason: textOrNull(session.endedReason),
  };
}

export function sessionOf(row: Row): SessionRecord {
  const sid = readText(row.upstream_sid);
  return {
    id: fromSqlText(row.id as string),
    issuer: fromSqlText(row.issuer as string),
    subject: fromSqlText(row.subject as string),
    clientId: fromSqlText(row.client_id as string),
    scopes: JSON.parse(row.scopes as string),
    createdAt: Number(row.created_at),
    authTime: Number(row.auth_time),
    acr: readText(row.acr),
    amr: JSON.parse(row.amr as string),
    secretHash: fromSqlText(row.secret_hash as string),
    generation: Number(row.generation),
    rotatedAt: Number(row.rotated_at),
    refreshes: Number(row.refreshes),
    refreshesSince: Number(row.refreshes_since),
    lastUsedAt: Number(row.last_used_at),
    lastUsedFrom: readText(row.last_used_from),
    device: readText(row.device),
    binding: typeof row.binding === 'string' ? JSON.parse(row.binding) : null,
    upstream:
      typeof row.upstream_sub === 'string'
        ? {
            iss: fromSqlText(row.upstream_iss as string),
            sub: fromSqlText(row.upstream_sub),
            ...(sid !== null && { sid }),
          }
        : null,
    raised: raisedIn(row),
    idleExpiresAt: Number(row.idle_expires_at),
    expiresAt: Number(row.expires_at),
    endedAt:
      typeof row.ended_at === 'number' || typeof row.ended_at === 'string' ? Number(row.ended_at) : null,
    endedReason: readText(row.ended_reason),
  };
}

/** What {@link raisedIn} reads. */
export function raisedColumnsOf(
  raised: LoginProof | null,
): Record<'raised_at' | 'raised_acr' | 'raised_amr', Value> {
  return {
    raised_at: raised?.authTime ?? null,
    raised_acr: textOrNull(raised?.acr),
    raised_amr: raised && JSON.stringify(raised.amr),
  };
}

function raisedIn({ raised_at: at, raised_acr: acr, raised_amr: amr }: Row): LoginProof | null {
  if (typeof amr !== 'string') return null;
  return { authTime: Number(at), acr: readText(acr), amr: JSON.parse(amr) };
}

function textOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : toSqlText(text);
}

function readText(value: Value | undefined): string | null {
  return typeof value === 'string' ? fromSqlText(value) : null;
}
