import { API_KEYS_MIGRATION } from './api-keys/api-key-table.js';
import { AUDIT_MIGRATION } from './audit/audit-table.js';
import { BANS_MIGRATION } from './bans/ban-tables.js';
import { CHANGES_MIGRATION } from './changes/change-table.js';
import type { Migration, Row, Table, Transaction, Value } from './database.js';
import { REVOCATIONS_MIGRATION } from './revocations/revocation-table.js';
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
];

const LATEST = MIGRATIONS.length;

export function versionQuery(table: Table): string {
  return `SELECT max(version) AS version FROM ${table('migrations')}`;
}

/**
 * Whether the tables are as this code needs them.
 *
 * @throws StoreError when a newer version made them
 */
export function isLatest([row]: readonly Row[]): boolean {
  return versionOf(row) === LATEST;
}

/** Brings the tables to the latest version. Of several processes one does it, and the others find it done. */
export async function migrate(transaction: Transaction, table: Table): Promise<void> {
  await transaction.change(
    `CREATE TABLE IF NOT EXISTS ${table('migrations')} (version INTEGER PRIMARY KEY, applied_at BIGINT NOT NULL)`,
  );
  const [row] = await transaction.rows(versionQuery(table));
  const present = versionOf(row);
  for (const [index, migration] of MIGRATIONS.slice(present).entries()) {
    for (const statement of migration(table)) await transaction.change(statement);
    const values: Value[] = [present + index + 1, Date.now()];
    await transaction.change(
      `INSERT INTO ${table('migrations')} (version, applied_at) VALUES ($1, $2)`,
      values,
    );
  }
}

function versionOf(row: Row | undefined): number {
  const version = Number(row?.version ?? 0);
  if (version <= LATEST) return version;
  throw new StoreError(
    `the database has the tables of version ${version}, and this version of @portcullis/sql knows them up to ${LATEST} only`,
  );
}
