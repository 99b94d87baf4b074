import type { OAuthArtifact, OAuthArtifactRecord } from '@portcullis/auth';
import type { Migration, Row, Value } from '../database.js';
import { fromSqlText, fromSqlTextOrNull, toSqlText, toSqlTextOrNull } from '../text.js';

export const OAUTH_ARTIFACTS_MIGRATION: Migration = (table) => {
  const artifacts = table('oauth_artifacts');
  const goingOn = (name: string, columns: string) =>
    `CREATE INDEX ${table(`oauth_artifacts_${name}`)} ON ${artifacts} (${columns})
     WHERE has_ended = 0 AND ${columns.replace(/,.*/, '')} IS NOT NULL`;
  return [
    `CREATE TABLE ${artifacts} (
       model TEXT NOT NULL,
       id_hash TEXT NOT NULL,
       issuer TEXT NOT NULL,
       payload TEXT NOT NULL,
       grant_id TEXT,
       uid_hash TEXT,
       user_code_hash TEXT,
       client_id TEXT,
       subject TEXT,
       session_id TEXT,
       created_at BIGINT NOT NULL,
       consumed_at BIGINT,
       expires_at BIGINT NOT NULL,
       has_ended INTEGER NOT NULL,
       PRIMARY KEY (id_hash, model)
     )`,
    goingOn('grant', 'grant_id, issuer'),
    goingOn('session', 'session_id, issuer'),
    goingOn('user', 'subject, issuer, client_id'),
    goingOn('client', 'client_id, issuer'),
    `CREATE INDEX ${table('oauth_artifacts_uid')} ON ${artifacts} (uid_hash, model, created_at) WHERE uid_hash IS NOT NULL`,
    `CREATE UNIQUE INDEX ${table('oauth_artifacts_user_code')} ON ${artifacts} (user_code_hash, model)
     WHERE user_code_hash IS NOT NULL`,
    `CREATE INDEX ${table('oauth_artifacts_end')} ON ${artifacts} (expires_at)`,
  ];
};

/** What an artifact is kept as; whether it was used, and has ended, is said elsewhere. */
export const OAUTH_ARTIFACT_COLUMNS = [
  'model',
  'id_hash',
  'issuer',
  'payload',
  'grant_id',
  'uid_hash',
  'user_code_hash',
  'client_id',
  'subject',
  'session_id',
  'created_at',
  'expires_at',
] as const;

/** In the order of {@link OAUTH_ARTIFACT_COLUMNS}. */
export function valuesOf(artifact: OAuthArtifact): Value[] {
  return [
    toSqlText(artifact.model),
    toSqlText(artifact.idHash),
    toSqlText(artifact.issuer),
    toSqlText(artifact.payload),
    toSqlTextOrNull(artifact.grantId),
    toSqlTextOrNull(artifact.uidHash),
    toSqlTextOrNull(artifact.userCodeHash),
    toSqlTextOrNull(artifact.clientId),
    toSqlTextOrNull(artifact.subject),
    toSqlTextOrNull(artifact.sessionId),
    artifact.createdAt,
    artifact.expiresAt,
  ];
}

export function artifactOf(row: Row): OAuthArtifactRecord {
  const { consumed_at: consumedAt } = row;
  return {
    model: fromSqlText(row.model as string),
    idHash: fromSqlText(row.id_hash as string),
    issuer: fromSqlText(row.issuer as string),
    payload: fromSqlText(row.payload as string),
    grantId: fromSqlTextOrNull(row.grant_id),
    uidHash: fromSqlTextOrNull(row.uid_hash),
    userCodeHash: fromSqlTextOrNull(row.user_code_hash),
    clientId: fromSqlTextOrNull(row.client_id),
    subject: fromSqlTextOrNull(row.subject),
    sessionId: fromSqlTextOrNull(row.session_id),
    createdAt: Number(row.created_at),
    consumedAt: consumedAt === null || consumedAt === undefined ? null : Number(consumedAt),
    expiresAt: Number(row.expires_at),
  };
}
