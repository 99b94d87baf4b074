import { ACCOUNT_LINKS_MIGRATION } from './account-links/account-link-table.js';
import {
  API_KEY_BINDINGS_MIGRATION,
  API_KEY_FILTERS_MIGRATION,
  API_KEYS_MIGRATION,
} from './api-keys/api-key-table.js';
import { AUDIT_MIGRATION } from './audit/audit-table.js';
import { BAN_FILTERS_MIGRATION, BANS_MIGRATION } from './bans/ban-tables.js';
import { CHANGES_MIGRATION } from './changes/change-table.js';
import type { Migration, Row, Table, TableVersions, Transaction, Value } from './database.js';
import { FACTORS_MIGRATION } from './factors/factor-tables.js';
import { LOGIN_TICKETS_MIGRATION } from './login-tickets/login-ticket-table.js';
import { OAUTH_ARTIFACTS_MIGRATION } from './oauth/oauth-artifact-table.js';
import { OAUTH_CLIENTS_MIGRATION } from './oauth/oauth-client-table.js';
import { OAUTH_CONSENTS_MIGRATION } from './oauth/oauth-consent-table.js';
import { APP_MIGRATION } from './other-app.js';
import { REPLAYS_MIGRATION } from './replays/sql-replay-set.js';
import { REVOCATION_TIMES_MIGRATION, REVOCATIONS_MIGRATION } from './revocations/revocation-table.js';
import {
  SESSION_LEVELS_MIGRATION,
  SESSION_USES_MIGRATION,
  SESSIONS_MIGRATION,
  SESSIONS_OF_CLIENTS_MIGRATION,
  UNSETTLED_SESSIONS_MIGRATION,
} from './sessions/session-table.js';
import { SHARED_ADDRESSES_MIGRATION } from './shared-addresses/sql-shared-address.store.js';
import { SIGNING_KEYS_MIGRATION } from './signing-keys/sql-signing-key.store.js';
import { StoreError } from './store-error.js';

/** The first one leads to version 1. */
const MIGRATIONS: readonly Migration[] = [
  BANS_MIGRATION,
  API_KEYS_MIGRATION,
  REVOCATIONS_MIGRATION,
  CHANGES_MIGRATION,
  SIGNING_KEYS_MIGRATION,
  AUDIT_MIGRATION,
  REVOCATION_TIMES_MIGRATION,
  (table) => [...BAN_FILTERS_MIGRATION(table), ...API_KEY_FILTERS_MIGRATION(table)],
  REPLAYS_MIGRATION,
  API_KEY_BINDINGS_MIGRATION,
  SESSIONS_MIGRATION,
  (table) => [...FACTORS_MIGRATION(table), ...LOGIN_TICKETS_MIGRATION(table)],
  SESSION_LEVELS_MIGRATION,
  (table) => [
    ...OAUTH_ARTIFACTS_MIGRATION(table),
    ...OAUTH_CLIENTS_MIGRATION(table),
    ...OAUTH_CONSENTS_MIGRATION(table),
  ],
  UNSETTLED_SESSIONS_MIGRATION,
  ACCOUNT_LINKS_MIGRATION,
  SESSION_USES_MIGRATION,
  SHARED_ADDRESSES_MIGRATION,
  APP_MIGRATION,
  SESSIONS_OF_CLIENTS_MIGRATION,
];

export const LATEST = MIGRATIONS.length;

export function versionQuery(table: Table): string {
  return `SELECT max(version) AS version FROM ${table('migrations')}`;
}

/** What {@link versionQuery} has answered; there are no tables where it could not be asked. */
export function versionsOf([row]: readonly Row[]): TableVersions {
  return { present: Number(row?.version ?? 0), needed: LATEST };
}

/**
 * Whether the tables are as this code needs them.
 *
 * @throws StoreError when a newer version made them
 */
export function areLatest({ present }: TableVersions): boolean {
  if (present > LATEST)
    throw new StoreError(
      `the database has the tables of version ${present}, and this version of @portcullis/sql knows them up to ${LATEST} only`,
    );
  return present === LATEST;
}

/** For stores that may not migrate. */
export function refusalOf({ present, needed }: TableVersions): StoreError {
  const found = present === 0 ? 'no tables' : `the tables of version ${present}`;
  return new StoreError(
    `the database has ${found}, and version ${needed} is needed: run "portcullis migrate"`,
  );
}

/**
 * Brings the tables to the latest version. Of several processes one does it, and the others find it done.
 *
 * @returns the version that it found
 * @throws StoreError when a newer version made them
 */
export async function migrate(transaction: Transaction, table: Table): Promise<number> {
  await transaction.change(
    `CREATE TABLE IF NOT EXISTS ${table('migrations')} (version INTEGER PRIMARY KEY, applied_at BIGINT NOT NULL)`,
  );
  const versions = versionsOf(await transaction.rows(versionQuery(table)));
  if (areLatest(versions)) return versions.present;
  const { present } = versions;
  for (const [index, migration] of MIGRATIONS.slice(present).entries()) {
    for (const statement of migration(table)) await transaction.change(statement);
    const values: Value[] = [present + index + 1, Date.now()];
    await transaction.change(
      `INSERT INTO ${table('migrations')} (version, applied_at) VALUES ($1, $2)`,
      values,
    );
  }
  return present;
}
