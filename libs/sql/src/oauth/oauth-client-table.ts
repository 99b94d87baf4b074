import type { OAuthClientRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

export const OAUTH_CLIENTS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('oauth_clients')} (
     id TEXT PRIMARY KEY NOT NULL,
     name TEXT NOT NULL,
     metadata TEXT NOT NULL,
     secrets TEXT NOT NULL,
     created_at BIGINT NOT NULL,
     disabled_at BIGINT,
     version INTEGER NOT NULL
   )`,
  `CREATE INDEX ${table('oauth_clients_newest')} ON ${table('oauth_clients')} (created_at, id)`,
];

export const OAUTH_CLIENT_COLUMNS = [
  'id',
  'name',
  'metadata',
  'secrets',
  'created_at',
  'disabled_at',
  'version',
] as const;

/** In the order of {@link OAUTH_CLIENT_COLUMNS}. */
export function valuesOf(client: OAuthClientRecord): Value[] {
  return [
    toSqlText(client.clientId),
    toSqlText(client.name),
    toSqlText(client.metadata),
    // Their JSON escapes by itself what a database would spoil.
    JSON.stringify(client.secrets),
    client.createdAt,
    client.disabledAt,
    client.version,
  ];
}

export function clientOf(row: Row): OAuthClientRecord {
  const { disabled_at: disabledAt } = row;
  return {
    clientId: fromSqlText(row.id as string),
    name: fromSqlText(row.name as string),
    metadata: fromSqlText(row.metadata as string),
    secrets: JSON.parse(row.secrets as string),
    createdAt: Number(row.created_at),
    disabledAt: disabledAt === null || disabledAt === undefined ? null : Number(disabledAt),
    version: Number(row.version),
  };
}
