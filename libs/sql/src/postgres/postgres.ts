import type { Pool as PgPool } from 'pg';
import { pg } from '../drivers.js';
import { type SqlStorage, type SqlStorageOptions, sqlStores } from '../sql-stores.js';
import { PostgresDatabase } from './postgres-database.js';
import { connectionOptionsOf, ignore, type PostgresPool, type Timeouts } from './postgres-pool.js';

/** Bytes. */
const LONGEST_NAME = 63;

/** A pool of `pg` that the app has and ends itself, or the URL of a database. */
export type PostgresConnection =
  | { readonly pool: PostgresPool; readonly url?: never }
  /** `postgres://user:password@host:5432/database`, also of a pooler. The stores open up to 14 connections. */
  | { readonly url: string; readonly pool?: never };

/** Where and how the tables are. */
export interface PostgresTables {
  /** Where our tables are, a name of at most 63 bytes; made when it is missing. The first schema of the connection's `search_path` by default. */
  readonly schema?: string;
  /** What the names of our tables begin with: at most 30 letters, digits and `_`. `portcullis_` by default. */
  readonly tablePrefix?: string;
  /** Milliseconds until a connection is made. Who waits for others to be done with theirs waits up to 10 s. 2,000 by default. */
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
 * what it has committed. Revocations and the change feed have three connections of their own beside the pool, and one to listen, so that
 * they wait for nothing else. A pool that the app gives stays open. Needs `pg`.
 *
 * @throws TypeError when an option can not be used
 * @throws Error when the driver is not installed
 */
export function postgres({ keyEncryptionKeys, shared, ...options }: PostgresOptions): SqlStorage {
  const { pollMs = 100 } = options;
  if (!(Number.isFinite(pollMs) && pollMs >= 1 && pollMs <= 1_000))
    throw new TypeError('postgres: pollMs must be a number from 1 to 1000');
  const { openPool, openDatabase } = checked(options);
  const rest = { ...(keyEncryptionKeys && { keyEncryptionKeys }), ...(shared && { shared }) };
  return {
    open(app) {
      const database = openDatabase();
      const pool = openPool(URGENT_CONNECTIONS);
      return sqlStores(
        database,
        pollMs,
        rest,
        app,
        database.beside(pool, () => pool.end()),
      );
    },
  };
}

/** Connections in a pool of ours, and in the one for what must not wait for them. */
const CONNECTIONS = 10;
const URGENT_CONNECTIONS = 3;

/** @returns what makes a database, with a pool of its own unless the app has given one */
export function databaseOpener(options: PostgresConnection & PostgresTables): () => PostgresDatabase {
  return checked(options).openDatabase;
}

function checked({
  pool,
  url,
  schema,
  tablePrefix = 'portcullis_',
  connectTimeout = 2_000,
  statementTimeout = 5_000,
  migrate = true,
}: PostgresConnection & PostgresTables) {
  if ((pool === undefined) === (url === undefined)) throw new TypeError('postgres: give a pool or a url');
  if (schema !== undefined) checkSchema(schema);
  checkPrefix(tablePrefix);
  const timeouts = {
    connect: milliseconds('connectTimeout', connectTimeout),
    statement: milliseconds('statementTimeout', statementTimeout),
  };
  if (typeof migrate !== 'boolean') throw new TypeError('postgres: migrate must be true or false');
  const place = { schema, prefix: tablePrefix, mayMigrate: migrate };
  const { Pool } = pg();
  const connection =
    pool === undefined
      ? { connectionString: checkedUrl(url), application_name: 'portcullis' }
      : connectionOptionsOf(pool);
  const openPool = (connections: number) => ownPool(Pool, connection, connections, timeouts);
  const openDatabase = () => {
    if (pool !== undefined) return new PostgresDatabase(pool, place, timeouts, async () => {});
    const own = openPool(CONNECTIONS);
    return new PostgresDatabase(own, place, timeouts, () => own.end());
  };
  return { openPool, openDatabase };
}

function ownPool(Pool: typeof PgPool, connection: object, max: number, { connect }: Timeouts): PgPool {
  const pool = new Pool({
    ...connection,
    min: 0,
    max,
    connectionTimeoutMillis: connect,
    keepAlive: true,
    allowExitOnIdle: true,
  });
  // Also when it has ended: what the server said last comes by connections that are not closed yet.
  pool.on('error', ignore);
  // A server that dies while a connection is handed out says so before whoever asked for it can listen.
  pool.on('connect', (client) => client.on('error', ignore));
  // So that the password is not printed with the pool.
  for (const name of ['connectionString', 'password'])
    if (name in pool.options) Object.defineProperty(pool.options, name, { enumerable: false });
  return pool;
}

function checkSchema(schema: string): void {
  // PostgreSQL cuts what is longer, and so takes two schemas for one.
  if (typeof schema !== 'string' || !/^[^\0]+$/.test(schema) || Buffer.byteLength(schema) > LONGEST_NAME)
    throw new TypeError(`postgres: schema must be the name of a schema, of at most ${LONGEST_NAME} bytes`);
  if (schema.startsWith('pg_'))
    throw new TypeError('postgres: schema must not begin with pg_, which PostgreSQL keeps for itself');
}

function checkPrefix(tablePrefix: string): void {
  if (typeof tablePrefix !== 'string' || !/^[a-z_][a-z0-9_]{0,29}$/i.test(tablePrefix))
    throw new TypeError(
      'postgres: tablePrefix must be up to 30 letters, digits and _, and not begin with a digit',
    );
  if (/^pg_/i.test(tablePrefix))
    throw new TypeError('postgres: tablePrefix must not begin with pg_, which PostgreSQL keeps for itself');
}

function milliseconds(name: string, value: number): number {
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new TypeError(`postgres: ${name} must be a whole number of milliseconds`);
}

/** The error says nothing of the URL, which may hold a password. */
function checkedUrl(url: string | undefined): string {
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
