import type { Table, TableVersions, Transaction } from '../database.js';
import { areLatest, migrate, refusalOf, versionQuery, versionsOf } from '../migrations.js';
import { StoreError } from '../store-error.js';
import type { Connection, Timeouts } from './postgres-pool.js';
import { DURABLE, limits, transact } from './postgres-transaction.js';

/** Milliseconds that a migration may wait for another process's, or take itself for one statement. */
const MIGRATION_PATIENCE = 30_000;

export interface PostgresPlace {
  /** Where our tables are; undefined: in the first schema of the connection's `search_path`. */
  readonly schema: string | undefined;
  readonly prefix: string;
  /** Whether a call to a store may make or change the tables. */
  readonly mayMigrate: boolean;
}

/** Lends a connection for some work. */
type Connected = <T>(work: (connection: Connection) => Promise<T>, timeouts?: Timeouts) => Promise<T>;

/** The tables: where they are, of which version, and made when they are needed first. */
export class PostgresTables {
  readonly table: Table;
  #ready: Promise<void> | undefined;

  /** @param twin the same tables by other connections, which are the right ones */
  constructor(
    private readonly place: PostgresPlace,
    private readonly timeouts: Timeouts,
    private readonly connected: Connected,
    private readonly twin?: PostgresTables,
  ) {
    const { schema, prefix } = place;
    const qualifier = schema === undefined ? '' : `${quoted(schema)}.`;
    this.table = (name) => `${qualifier}${prefix}${name}`;
  }

  /**
   * Has them as they are needed; where that fails, the next call tries again.
   *
   * @throws StoreError where they are not, and may not be made
   */
  prepare(): Promise<void> {
    this.#ready ??= this.#settleTables().catch((error) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  /** Only reads, so that it waits for nobody and needs no right to make anything. */
  versions(): Promise<TableVersions> {
    return this.connected(async (connection) => {
      const [row] = await connection.rows('SELECT to_regclass($1)::text AS found', [
        this.table('migrations'),
      ]);
      return versionsOf(row?.found == null ? [] : await connection.rows(versionQuery(this.table)));
    });
  }

  async migrate(): Promise<TableVersions> {
    const found = await this.versions();
    if (areLatest(found)) return found;
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${limits(MIGRATION_PATIENCE)}; ${DURABLE}`;
    const present = await this.connected(
      (connection) => transact(connection, begin, (transaction) => this.#migrateWith(transaction)),
      { ...this.timeouts, statement: MIGRATION_PATIENCE },
    );
    return { ...found, present };
  }

  async #settleTables(): Promise<void> {
    if (this.twin !== undefined) await this.#compareWith(this.twin);
    else if (this.place.mayMigrate) await this.migrate();
    else {
      const versions = await this.versions();
      if (!areLatest(versions)) throw refusalOf(versions);
    }
  }

  /** An app may set up each connection of its pool, which those beside it are not. */
  async #compareWith(twin: PostgresTables): Promise<void> {
    await twin.prepare();
    const [whereabouts, right] = await Promise.all([this.#whereabouts(), twin.#whereabouts()]);
    if (whereabouts !== right)
      throw new StoreError(
        "the pool's connections reach other tables, or have another role, than its options alone say: name the schema by an option of " +
          "postgres(), and the user and further settings by the pool's own",
      );
  }

  #whereabouts(): Promise<unknown> {
    return this.connected(async (connection) => {
      const place = "concat_ws(' ', current_database(), current_user, to_regclass($1)::oid)";
      const [row] = await connection.rows(`SELECT ${place} AS place`, [this.table('migrations')]);
      return row?.place;
    });
  }

  /** @returns the version that it found */
  async #migrateWith(transaction: Transaction): Promise<number> {
    const { schema, prefix } = this.place;
    await transaction.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      'portcullis migrations',
    ]);
    if (schema !== undefined) {
      const present = await transaction.rows('SELECT 1 AS one FROM pg_namespace WHERE nspname = $1', [
        schema,
      ]);
      if (present.length === 0) await transaction.change(`CREATE SCHEMA ${quoted(schema)}`);
      // PostgreSQL does not take the name of a new index with a schema.
      await transaction.change(`SET LOCAL search_path TO ${quoted(schema)}`);
    }
    const change: Transaction['change'] = (sql, values) => transaction.change(bytewise(sql), values);
    return migrate({ ...transaction, change }, (name) => `${prefix}${name}`);
  }
}

/** Has texts compared by their bytes, as SQLite does, and not by the rules of a language that a server may change. */
function bytewise(sql: string): string {
  return /^\s*(CREATE|ALTER) TABLE/i.test(sql) ? sql.replace(/ TEXT\b/g, ' TEXT COLLATE "C"') : sql;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
