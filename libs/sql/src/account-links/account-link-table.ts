import type { AccountLinkRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, fromSqlTextOrNull, toSqlText, toSqlTextOrNull } from '../text.js';

export const ACCOUNT_LINKS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('account_links')} (
     issuer TEXT NOT NULL,
     subject TEXT NOT NULL,
     provider TEXT NOT NULL,
     upstream_iss TEXT NOT NULL,
     upstream_sub TEXT NOT NULL,
     name TEXT,
     created_at BIGINT NOT NULL,
     last_used_at BIGINT,
     PRIMARY KEY (subject, issuer, provider)
   )`,
  `CREATE UNIQUE INDEX ${table('account_links_upstream')} ON ${table('account_links')} (upstream_sub, upstream_iss, issuer)`,
  // Issuers that log somebody out may name the session alone.
  `CREATE INDEX ${table('sessions_upstream_sid')} ON ${table('sessions')} (upstream_sid, upstream_iss)
     WHERE ended_at IS NULL AND upstream_sid IS NOT NULL`,
];

export const ACCOUNT_LINK_COLUMNS = [
  'issuer',
  'subject',
  'provider',
  'upstream_iss',
  'upstream_sub',
  'name',
  'created_at',
  'last_used_at',
] as const;

/** In the order of {@link ACCOUNT_LINK_COLUMNS}. */
export function valuesOf(link: AccountLinkRecord): Value[] {
  return [
    toSqlText(link.issuer),
    toSqlText(link.subject),
    toSqlText(link.provider),
    toSqlText(link.upstream.iss),
    toSqlText(link.upstream.sub),
    toSqlTextOrNull(link.name),
    link.createdAt,
    link.lastUsedAt,
  ];
}

export function linkOf(row: Row): AccountLinkRecord {
  const { last_used_at: lastUsedAt } = row;
  return {
    issuer: fromSqlText(row.issuer as string),
    subject: fromSqlText(row.subject as string),
    provider: fromSqlText(row.provider as string),
    upstream: { iss: fromSqlText(row.upstream_iss as string), sub: fromSqlText(row.upstream_sub as string) },
    name: fromSqlTextOrNull(row.name),
    createdAt: Number(row.created_at),
    lastUsedAt: lastUsedAt === null || lastUsedAt === undefined ? null : Number(lastUsedAt),
  };
}
