import type { FactorRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, fromSqlTextOrNull, toSqlText, toSqlTextOrNull } from '../text.js';

export const FACTORS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('factors')} (
     id TEXT PRIMARY KEY NOT NULL,
     issuer TEXT NOT NULL,
     subject TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT,
     created_at BIGINT NOT NULL,
     confirmed_at BIGINT,
     last_used_at BIGINT,
     handle TEXT,
     data TEXT NOT NULL,
     position BIGINT NOT NULL
   )`,
  `CREATE INDEX ${table('factors_of_user')} ON ${table('factors')} (subject, issuer, created_at, id)`,
  `CREATE UNIQUE INDEX ${table('factors_handle')} ON ${table('factors')} (handle, kind) WHERE handle IS NOT NULL`,
  `CREATE INDEX ${table('factors_unconfirmed')} ON ${table('factors')} (created_at) WHERE confirmed_at IS NULL`,
  `CREATE TABLE ${table('factor_codes')} (
     factor_id TEXT NOT NULL REFERENCES ${table('factors')} (id) ON DELETE CASCADE,
     code_hash TEXT NOT NULL,
     PRIMARY KEY (factor_id, code_hash)
   )`,
  // They outlive factors: whoever enrols anew is not let off.
  `CREATE TABLE ${table('factor_tries')} (
     subject TEXT NOT NULL,
     issuer TEXT NOT NULL,
     kind TEXT NOT NULL,
     tries INTEGER NOT NULL,
     tried_at BIGINT NOT NULL,
     delay_ms BIGINT NOT NULL,
     PRIMARY KEY (subject, issuer, kind)
   )`,
];

export const FACTOR_COLUMNS = [
  'id',
  'issuer',
  'subject',
  'kind',
  'name',
  'created_at',
  'confirmed_at',
  'last_used_at',
  'handle',
  'data',
  'position',
] as const;

/** In the order of {@link FACTOR_COLUMNS}. */
export function valuesOf(factor: FactorRecord): Value[] {
  return [
    toSqlText(factor.id),
    toSqlText(factor.issuer),
    toSqlText(factor.subject),
    toSqlText(factor.kind),
    toSqlTextOrNull(factor.name),
    factor.createdAt,
    factor.confirmedAt,
    factor.lastUsedAt,
    toSqlTextOrNull(factor.handle),
    toSqlText(factor.data),
    factor.position,
  ];
}

export function factorOf(row: Row): FactorRecord {
  return {
    id: fromSqlText(row.id as string),
    issuer: fromSqlText(row.issuer as string),
    subject: fromSqlText(row.subject as string),
    kind: fromSqlText(row.kind as string),
    name: fromSqlTextOrNull(row.name),
    createdAt: Number(row.created_at),
    confirmedAt: timeOf(row.confirmed_at),
    lastUsedAt: timeOf(row.last_used_at),
    handle: fromSqlTextOrNull(row.handle),
    data: fromSqlText(row.data as string),
    position: Number(row.position),
  };
}

function timeOf(value: Value | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
