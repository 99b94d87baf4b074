import { libsql } from '../drivers.js';
import { type SqlStorage, type SqlStorageOptions, sqlStores } from '../sql-stores.js';
import { SqliteDatabase } from './sqlite-database.js';

export interface SqliteOptions extends SqlStorageOptions {
  /** An ordinary path. The file and its folder are made when they are missing, for this user alone. */
  readonly file: string;
  /** What the names of our tables begin with: letters, digits and `_`. `portcullis_` by default. */
  readonly tablePrefix?: string;
  /** How often the change feed asks for changes of other processes, in milliseconds. 50 by default. */
  readonly pollMs?: number;
  /**
   * Whether the first call to a store makes or changes the tables. True by default; otherwise `portcullis migrate` has to come before,
   * and calls fail until it has.
   */
  readonly migrate?: boolean;
}

/**
 * A SQLite database that is part of the process. Several processes of one machine may share the file; it must not be on a
 * network drive. What a store has answered is kept, also when the process is killed or the power fails. Needs `@libsql/client`.
 *
 * @throws TypeError when an option can not be used
 * @throws Error when the driver is not installed
 */
export function sqlite({
  file,
  tablePrefix = 'portcullis_',
  pollMs = 50,
  migrate = true,
  ...rest
}: SqliteOptions): SqlStorage {
  if (typeof file !== 'string' || file === '' || file.includes('\0'))
    throw new TypeError('sqlite: file must be the path of a file');
  if (file === ':memory:' || file.startsWith('file:'))
    throw new TypeError(
      `sqlite: file must be an ordinary path; memory() of @portcullis/auth keeps everything in memory`,
    );
  if (typeof tablePrefix !== 'string' || !/^[a-z_][a-z0-9_]*$/i.test(tablePrefix))
    throw new TypeError('sqlite: tablePrefix must be letters, digits and _, and not begin with a digit');
  if (/^sqlite_/i.test(tablePrefix))
    throw new TypeError('sqlite: tablePrefix must not begin with sqlite_, which SQLite keeps for itself');
  if (!(Number.isFinite(pollMs) && pollMs >= 1 && pollMs <= 1_000))
    throw new TypeError('sqlite: pollMs must be a number from 1 to 1000');
  if (typeof migrate !== 'boolean') throw new TypeError('sqlite: migrate must be true or false');
  // A driver that is missing is missed now.
  libsql();
  return { open: (app) => sqlStores(new SqliteDatabase(file, tablePrefix, migrate), pollMs, rest, app) };
}
