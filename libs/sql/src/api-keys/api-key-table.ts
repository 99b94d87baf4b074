import type { ApiKeyRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

export const API_KEYS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('api_keys')} (
     id TEXT PRIMARY KEY NOT NULL,
     hash TEXT NOT NULL UNIQUE,
     app_id TEXT,
     issuer TEXT,
     subject TEXT,
     name TEXT NOT NULL,
     owner TEXT,
     tenant TEXT,
     metadata TEXT NOT NULL,
     scopes TEXT NOT NULL,
     networks TEXT,
     rate_limit TEXT,
     created_at BIGINT NOT NULL,
     not_before BIGINT NOT NULL,
     expires_at BIGINT,
     disabled_at BIGINT,
     revoked_at BIGINT,
     revoked_reason TEXT,
     replaced_by TEXT,
     last_used_at BIGINT,
     last_used_from TEXT
   )`,
  `CREATE INDEX ${table('api_keys_newest')} ON ${table('api_keys')} (created_at, id)`,
  `CREATE INDEX ${table('api_keys_of_app')} ON ${table('api_keys')} (app_id, created_at, id)`,
  `CREATE INDEX ${table('api_keys_of_user')} ON ${table('api_keys')} (subject, issuer, created_at, id)`,
];

/**
 * For lists by what else they can be filtered by, and for revoking all keys of a holder. Most keys lack what these indexes are about, so they
 * have only those that have it.
 */
export const API_KEY_FILTERS_MIGRATION: Migration = (table) => {
  const index = (name: string, columns: string, condition: string) =>
    `CREATE INDEX ${table(`api_keys_${name}`)} ON ${table('api_keys')} (${columns}) WHERE ${condition}`;
  return [
    index('of_subject', 'subject, created_at, id', 'subject IS NOT NULL'),
    index('of_owner', 'owner, created_at, id', 'owner IS NOT NULL'),
    index('of_tenant', 'tenant, created_at, id', 'tenant IS NOT NULL'),
    index('revoked', 'created_at, id', 'revoked_at IS NOT NULL'),
    index('not_revoked', 'created_at, id', 'revoked_at IS NULL'),
    index('disabled', 'created_at, id', 'disabled_at IS NOT NULL'),
    index('delayed', 'created_at, id', 'not_before > created_at'),
    index('in_force_of_app', 'app_id', 'revoked_at IS NULL AND app_id IS NOT NULL'),
    index('in_force_of_user', 'subject, issuer', 'revoked_at IS NULL AND subject IS NOT NULL'),
    `DROP INDEX ${table('api_keys_of_user')}`,
  ];
};

/** For keys that work only with a signature. Those that were there before work as they did. */
export const API_KEY_BINDINGS_MIGRATION: Migration = (table) => [
  `ALTER TABLE ${table('api_keys')} ADD COLUMN public_key TEXT`,
];

export const API_KEY_COLUMNS = [
  'id',
  'hash',
  'app_id',
  'issuer',
  'subject',
  'name',
  'owner',
  'tenant',
  'metadata',
  'scopes',
  'networks',
  'rate_limit',
  'public_key',
  'created_at',
  'not_before',
  'expires_at',
  'disabled_at',
  'revoked_at',
  'revoked_reason',
  'replaced_by',
  'last_used_at',
  'last_used_from',
] as const;

type Column = (typeof API_KEY_COLUMNS)[number];

/** In the order of {@link API_KEY_COLUMNS}. */
export function valuesOf(record: ApiKeyRecord): Value[] {
  const row = rowOf(record);
  return API_KEY_COLUMNS.map((column) => row[column]);
}

function rowOf(record: ApiKeyRecord): Record<Column, Value> {
  const holder =
    'appId' in record ? { appId: record.appId, issuer: null, subject: null } : { ...record, appId: null };
  return {
    id: toSqlText(record.id),
    hash: toSqlText(record.hash),
    app_id: textOrNull(holder.appId),
    issuer: textOrNull(holder.issuer),
    subject: textOrNull(holder.subject),
    name: toSqlText(record.name),
    owner: textOrNull(record.owner),
    tenant: textOrNull(record.tenant),
    // Their JSON escapes by itself what a database would spoil.
    metadata: JSON.stringify(record.metadata),
    scopes: JSON.stringify(record.scopes),
    networks: record.networks && JSON.stringify(record.networks),
    rate_limit: record.rateLimit && JSON.stringify(record.rateLimit),
    public_key: record.publicKey && JSON.stringify(record.publicKey),
    created_at: record.createdAt,
    not_before: record.notBefore,
    expires_at: record.expiresAt,
    disabled_at: record.disabledAt,
    revoked_at: record.revokedAt,
    revoked_reason: textOrNull(record.revokedReason),
    replaced_by: textOrNull(record.replacedBy),
    last_used_at: record.lastUsedAt,
    last_used_from: textOrNull(record.lastUsedFrom),
  };
}

export function apiKeyOf(row: Row): ApiKeyRecord {
  const holder =
    row.app_id === null
      ? { issuer: fromSqlText(row.issuer as string), subject: fromSqlText(row.subject as string) }
      : { appId: fromSqlText(row.app_id as string) };
  return {
    ...holder,
    id: fromSqlText(row.id as string),
    hash: fromSqlText(row.hash as string),
    name: fromSqlText(row.name as string),
    owner: readText(row.owner),
    tenant: readText(row.tenant),
    metadata: JSON.parse(row.metadata as string),
    scopes: JSON.parse(row.scopes as string),
    networks: readJson(row.networks),
    rateLimit: readJson(row.rate_limit),
    publicKey: readJson(row.public_key),
    createdAt: Number(row.created_at),
    notBefore: Number(row.not_before),
    expiresAt: readNumber(row.expires_at),
    disabledAt: readNumber(row.disabled_at),
    revokedAt: readNumber(row.revoked_at),
    revokedReason: readText(row.revoked_reason),
    replacedBy: readText(row.replaced_by),
    lastUsedAt: readNumber(row.last_used_at),
    lastUsedFrom: readText(row.last_used_from),
  };
}

function textOrNull(text: string | null): string | null {
  return text === null ? null : toSqlText(text);
}

function readText(value: Value | undefined): string | null {
  return typeof value === 'string' ? fromSqlText(value) : null;
}

function readNumber(value: Value | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function readJson<T>(value: Value | undefined): T | null {
  return typeof value === 'string' ? (JSON.parse(value) as T) : null;
}
