import type { OAuthConsentKey, OAuthConsentRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, toSqlText } from '../text.js';

export const OAUTH_CONSENTS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('oauth_consents')} (
     issuer TEXT NOT NULL,
     subject TEXT NOT NULL,
     client_id TEXT NOT NULL,
     scopes TEXT NOT NULL,
     created_at BIGINT NOT NULL,
     updated_at BIGINT NOT NULL,
     expires_at BIGINT,
     PRIMARY KEY (subject, issuer, client_id)
   )`,
  `CREATE INDEX ${table('oauth_consents_client')} ON ${table('oauth_consents')} (client_id, issuer)`,
  `CREATE INDEX ${table('oauth_consents_end')} ON ${table('oauth_consents')} (expires_at) WHERE expires_at IS NOT NULL`,
];

export const OAUTH_CONSENT_COLUMNS = [
  'issuer',
  'subject',
  'client_id',
  'scopes',
  'created_at',
  'updated_at',
  'expires_at',
] as const;

/** In the order of {@link OAUTH_CONSENT_COLUMNS}. */
export function valuesOf(consent: OAuthConsentRecord): Value[] {
  return [
    toSqlText(consent.issuer),
    toSqlText(consent.subject),
    toSqlText(consent.clientId),
    // As pairs: JSON has no object whose key is `__proto__` once it is read. It escapes by itself what a database would spoil.
    JSON.stringify(Object.entries(consent.scopes)),
    consent.createdAt,
    consent.updatedAt,
    consent.expiresAt,
  ];
}

export function consentOf(row: Row): OAuthConsentRecord {
  const { expires_at: expiresAt } = row;
  return {
    ...consentKeyOf(row),
    scopes: Object.fromEntries(JSON.parse(row.scopes as string)),
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
    expiresAt: expiresAt === null || expiresAt === undefined ? null : Number(expiresAt),
  };
}

export function consentKeyOf(row: Row): OAuthConsentKey {
  return {
    issuer: fromSqlText(row.issuer as string),
    subject: fromSqlText(row.subject as string),
    clientId: fromSqlText(row.client_id as string),
  };
}
