import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import pg from 'pg';
import type { SampleConfig } from '../config.js';

/** The app's own database, as far as its users need one. */
export interface UsersDatabase {
  /** @param sql what SQLite and PostgreSQL both know, with `$1` and so on in the order of the values */
  query(sql: string, values?: readonly (string | null)[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Where Portcullis keeps what it keeps: a PostgreSQL, or a file in the same folder. Without either, memory. */
export function usersDatabaseOf({ dataFolder, databaseUrl }: SampleConfig): UsersDatabase {
  return databaseUrl === undefined ? inFile(dataFolder) : inPostgres(databaseUrl);
}

function inPostgres(url: string): UsersDatabase {
  const pool = new pg.Pool({ connectionString: url, max: 3 });
  // An idle connection that breaks is replaced by the pool.
  pool.on('error', () => {});
  return {
    query: async (sql, values = []) => (await pool.query(sql, [...values])).rows,
    close: () => pool.end(),
  };
}

function inFile(folder: string | undefined): UsersDatabase {
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const url = folder === undefined ? ':memory:' : pathToFileURL(join(folder, 'users.db')).href;
  const client = createClient({ url });
  return {
    query: async (sql, values = []) => (await client.execute({ sql, args: [...values] })).rows,
    close: async () => client.close(),
  };
}
