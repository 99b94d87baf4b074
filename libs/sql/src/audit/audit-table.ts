import type { AuditEntry } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

/** Most entries lack most names, so the indexes have only those that have them. */
export const AUDIT_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('audit')} (
     id TEXT PRIMARY KEY NOT NULL,
     happened_at BIGINT NOT NULL,
     type TEXT NOT NULL,
     actor TEXT,
     subject TEXT,
     app_id TEXT,
     key_id TEXT,
     address TEXT,
     request_id TEXT,
     facts TEXT NOT NULL
   )`,
  `CREATE INDEX ${table('audit_newest')} ON ${table('audit')} (happened_at, id)`,
  `CREATE INDEX ${table('audit_of_type')} ON ${table('audit')} (type, happened_at, id)`,
  ...Object.values(NAME_COLUMNS).map(
    (column) =>
      `CREATE INDEX ${table(`audit_of_${column}`)} ON ${table('audit')} (${column}, happened_at, id)
       WHERE ${column} IS NOT NULL`,
  ),
];

/** The columns of the names by which entries are found. */
export const NAME_COLUMNS = {
  actor: 'actor',
  subject: 'subject',
  appId: 'app_id',
  keyId: 'key_id',
  address: 'address',
  requestId: 'request_id',
} as const;

export const AUDIT_COLUMNS = [
  'id',
  'happened_at',
  'type',
  'actor',
  'subject',
  'app_id',
  'key_id',
  'address',
  'request_id',
  'facts',
] as const;

/** JSON escapes by itself what a database would spoil. */
export function rowOf(entry: AuditEntry): Readonly<Record<(typeof AUDIT_COLUMNS)[number], Value>> {
  return {
    id: toSqlText(entry.id),
    happened_at: entry.at,
    type: entry.type,
    actor: nameIn(entry.actor),
    subject: nameIn(entry.subject),
    app_id: nameIn(entry.appId),
    key_id: nameIn(entry.keyId),
    address: nameIn(entry.address),
    request_id: nameIn(entry.requestId),
    facts: JSON.stringify(entry.facts),
  };
}

export function entryOf(row: Row): AuditEntry {
  return {
    id: fromSqlText(row.id as string),
    at: Number(row.happened_at),
    type: row.type as AuditEntry['type'],
    actor: nameOf(row.actor),
    subject: nameOf(row.subject),
    appId: nameOf(row.app_id),
    keyId: nameOf(row.key_id),
    address: nameOf(row.address),
    requestId: nameOf(row.request_id),
    facts: JSON.parse(row.facts as string),
  };
}

function nameIn(name: string | null): string | null {
  return name === null ? null : toSqlText(name);
}

function nameOf(value: Value | undefined): string | null {
  return typeof value === 'string' ? fromSqlText(value) : null;
}
