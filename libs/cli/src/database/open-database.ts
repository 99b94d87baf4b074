import type { SqlStores } from '@portcullis/sql';
import type { DatabasePlace } from './database-place.js';

export interface Patience {
  readonly connectTimeout?: number;
  readonly statementTimeout?: number;
}

/**
 * The stores of a database, which change its tables only when they are told to. Nothing is opened yet.
 *
 * @param patience how long PostgreSQL may take, in milliseconds
 * @throws TypeError when the URL, the schema or the prefix can not be used
 */
export async function openDatabase(place: DatabasePlace, patience: Patience = {}): Promise<SqlStores> {
  // Only here, so that a scan needs no database driver.
  if ('file' in place) {
    const { sqlite } = await import('@portcullis/sql/sqlite');
    return sqlite({ ...place, migrate: false }).open();
  }
  const { postgres } = await import('@portcullis/sql/postgres');
  return postgres({ ...place, ...patience, migrate: false }).open();
}
