import type { Pool as PgPool } from 'pg';
import { pg } from '../drivers.js';
import { type SqlStorage, type SqlStorageOptions, sqlStores } from '../sql-stores.js';
import { PostgresDatabase } from './postgres-database.js';
import type { PostgresPool, Timeouts } from './postgres-pool.js';

/** A pool of `pg` that the app has and ends itself, or the URL of a database. */
export type PostgresConnection =
  | { readonly pool: PostgresPool; readonly url?: never }
  /** `postgres://user:password@host:5432/database`. The stores have a pool of their own, of ten connections. */
  | { readonly url: string; readonly pool?: never };

/** Where and how the tables are. */
export interface PostgresTables {
  /** Where our tables are; made when it is missing. The first schema of the connection's `search_path` by default. */
  readonly schema?: string;
  /** What the names of our tables begin with: at most 30 letters, digits and `_`. `portcullis_` by default. */
  readonly tablePrefix?: string;
  /** Milliseconds until a connection is there. 2,000 by default. */
  readonly connectTimeout?: number;
  /** Milliseconds that one statement may take. 5,000 by default. */
  readonly statementTimeout?: number;
  /** How often the change feed asks for changes of other processes, in milliseconds. 100 by default. */
  readonly pollMs?: number;
  /**
   * Whether the first call to a store makes or changes the tables. True by default; otherwise `portcullis migrate` has to come before,
   * and calls fail until it has. The app's own user then needs no right to make tables.
   */
  readonly migrate?: boolean;
}

/** A database, what its tables are called, and what goes with it. */
export type PostgresOptions = PostgresConnection & PostgresTables & SqlStorageOptions;

/**
 * PostgreSQL, from version 13, which any number of processes may share. What a store has answered is kept, as far as the server keeps
 * what it has committed. A pool that the app gives stays open. Needs `pg`.
 *
 * @throws TypeError when an option can not be used
 * @throws Error when the driver is not installed
 */
export function postgres({ keyEncryptionKeys, shared, ...options }: PostgresOptions): SqlStorage {
  const { pollMs = 100 } = options;
  if (!(Number.isFinite(pollMs) && pollMs >= 1 && pollMs <= 1_000))
    throw new TypeError('postgres: pollMs must be a number from 1 to 1000');
  const open = databaseOpener(options);
  const rest = { ...(keyEncryptionKeys && { keyEncryptionKeys }), ...(shared && { shared }) };
  return { open: () => sqlStores(open(), pollMs, rest) };
}

/** @returns what makes a database, with a pool of its own unless the app has given one */
export function databaseOpener({
  pool,
  url,
  schema,
  tablePrefix = 'portcullis_',
  connectTimeout = 2_000,
  statementTimeout = 5_000,
  migrate = true,
}: PostgresConnection & PostgresTables): () => PostgresDatabase {
  if ((pool === undefined) === (url === undefined)) throw new TypeError('postgres: give a pool or a url');
  if (schema !== undefined && (typeof schema !== 'string' || !/^[^\0]{1,63}$/.test(schema)))
    throw new TypeError('postgres: schema must be the name of a schema');
  // PostgreSQL cuts names after 63 bytes.
  if (typeof tablePrefix !== 'string' || !/^[a-z_][a-z0-9_]{0,29}$/i.test(tablePrefix))
    throw new TypeError(
      'postgres: tablePrefix must be up to 30 letters, digits and _, and not begin with a digit',
    );
  const timeouts = {
    connect: milliseconds('connectTimeout', connectTimeout),
    statement: milliseconds('statementTimeout', statementTimeout),
  };
  if (typeof migrate !== 'boolean') throw new TypeError('postgres: migrate must be true or false');
  const place = { schema, prefix: tablePrefix, mayMigrate: migrate };
  const { Pool } = pg();
  if (pool !== undefined) return () => new PostgresDatabase(pool, place, timeouts, async () => {});
  const connectionString = checked(url);
  return () => {
    const own = ownPool(Pool, connectionString, timeouts);
    return new PostgresDatabase(own, place, timeouts, () => own.end());
  };
}

function ownPool(Pool: typeof PgPool, connectionString: string, timeouts: Timeouts): PgPool {
  const pool = new Pool({
    connectionString,
    connectionTimeoutMillis: timeouts.connect,
    statement_timeout: timeouts.statement,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'portcullis',
  });
  // So that the password is not printed with the pool.
  Object.defineProperty(pool.options, 'connectionString', { enumerable: false });
  return pool;
}

function milliseconds(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new TypeError(`postgres: ${name} must be a whole number of milliseconds`);
}

/** The error says nothing of the URL, which may hold a password. */
function checked(url: string | undefined): string {
  if (typeof url === 'string' && /^postgres(ql)?:$/.test(protocolOf(url))) return url;
  throw new TypeError('postgres: url must be like postgres://user:password@host:5432/database');
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}
