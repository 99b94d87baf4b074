import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Client, ResultSet } from '@libsql/client';
import {
  asOneText,
  type Database,
  JoinableTransaction,
  type Row,
  rowsOfText,
  type Table,
  type TableVersions,
  type Transaction,
  type Value,
} from '../database.js';
import { libsql } from '../drivers.js';
import { areLatest, migrate, refusalOf, versionQuery, versionsOf } from '../migrations.js';
import { StoreError } from '../store-error.js';
import { isBusy, openErrorOf, storeErrorOf } from './sqlite-error.js';
import { makeFile, OpenedFile } from './sqlite-file.js';
import { STATEMENT_TURNS } from './statement-turns.js';

/** Milliseconds. */
const PATIENCE = 10_000;
const LONGEST_PAUSE = 25;
/** Bytes. What a very large change has made of the log of changes is given back to the disk. */
const LARGEST_LOG = 64 * 1024 * 1024;

/** Reads go on beside a change, so they have a connection of their own. */
interface Connections {
  readonly reader: Client;
  readonly writer: Client;
  readonly file: OpenedFile;
}

/** A file that is opened by the first call. */
export class SqliteDatabase implements Database {
  readonly #file: string;
  readonly #mayMigrate: boolean;
  readonly table: Table;
  #connections: Promise<Connections> | undefined;
  #lastChange: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** @param mayMigrate whether a call to a store may make or change the tables */
  constructor(file: string, prefix: string, mayMigrate = true) {
    this.#file = resolve(file);
    this.#mayMigrate = mayMigrate;
    this.table = (name) => `${prefix}${name}`;
  }

  recordsIn(parameter: string, _table: string, columns: readonly string[]): string {
    const values = columns.map((column) => `json_extract(value, '$.${column}')`);
    return `SELECT ${values.join(', ')} FROM json_each(${parameter})`;
  }

  textsIn(parameter: string): string {
    return `(SELECT value FROM json_each(${parameter}))`;
  }

  notAfterNow(parameter: string): string {
    return parameter;
  }

  notBeforeNow(parameter: string): string {
    return parameter;
  }

  async read(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    return rowsOfText(columns, await this.readText(purpose, columns, from, values));
  }

  async readText(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<string> {
    const limited = /\bLIMIT \S+( OFFSET \S+)?$/.test(from) ? from : `${from} LIMIT -1`;
    const sql = asOneText(columns, limited, ['json_group_array', 'json_array']);
    try {
      const { reader, file } = await this.#open();
      await STATEMENT_TURNS.take();
      file.check();
      const { rows } = await patiently(() => reader.execute({ sql, args: [...values] }));
      return rows[0]?.json as string;
    } catch (error) {
      throw storeErrorOf(purpose, error);
    }
  }

  changeBeside<T>(
    purpose: string,
    work: (transaction: Transaction, turn: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    return this.change(purpose, (transaction) => work(transaction, async () => {}));
  }

  async change<T>(
    purpose: string,
    work: (transaction: Transaction) => Promise<T>,
    within?: object,
  ): Promise<T> {
    const joined = JoinableTransaction.in(this, within);
    if (joined !== undefined) return work(joined);
    try {
      const { writer, file } = await this.#open();
      const transaction = () => transact(writer, work);
      const change = this.#lastChange.then(() => patiently(() => file.whileInPlace(transaction)));
      this.#lastChange = change.catch(() => {});
      return await change;
    } catch (error) {
      throw storeErrorOf(purpose, error);
    }
  }

  async versions(): Promise<TableVersions> {
    if (this.#connections === undefined && !existsSync(this.#file)) return versionsOf([]);
    return this.#apart('read the version of the tables', (reader) => this.#versionsIn(reader));
  }

  async migrate(): Promise<TableVersions> {
    return this.#apart('migrate the tables', async (reader) => {
      const found = await this.#versionsIn(reader);
      return areLatest(found) ? found : { ...found, present: await this.#migrateBy(reader) };
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const connections = await this.#connections?.catch(() => undefined);
    await this.#lastChange;
    // So that the file is complete without its companions, which stay where somebody else has it open.
    await connections?.writer.execute('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
    connections?.reader.close();
    connections?.writer.close();
    connections?.file.close();
  }

  #open(): Promise<Connections> {
    if (this.#isClosed) return Promise.reject(new StoreError('the stores are closed'));
    this.#connections ??= this.#connect().catch((error) => {
      // The next call tries again.
      this.#connections = undefined;
      throw error instanceof StoreError ? error : openErrorOf(this.#file, error);
    });
    return this.#connections;
  }

  async #connect(): Promise<Connections> {
    if (this.#mayMigrate) makeFile(this.#file);
    else if (!existsSync(this.#file)) throw refusalOf(versionsOf([]));
    const clients: Client[] = [];
    try {
      const file = new OpenedFile(this.#file);
      const [reader, writer] = [await connect(this.#file, clients), await connect(this.#file, clients)];
      const versions = await this.#versionsIn(reader);
      if (!areLatest(versions)) {
        if (!this.#mayMigrate) throw refusalOf(versions);
        await this.#migrateBy(writer);
      }
      await keepBesideReads(writer);
      file.check();
      file.watchLog();
      return { reader, writer, file };
    } catch (error) {
      for (const client of clients) client.close();
      throw error;
    }
  }

  /** With a connection of its own, because those of the stores are only for tables that are as they have to be. */
  async #apart<T>(purpose: string, work: (client: Client) => Promise<T>): Promise<T> {
    const clients: Client[] = [];
    try {
      if (this.#isClosed) throw new StoreError('the stores are closed');
      (await this.#connections?.catch(() => undefined))?.file.check();
      makeFile(this.#file);
      const file = new OpenedFile(this.#file);
      return await file.whileInPlace(async () => work(await connect(this.#file, clients)));
    } catch (error) {
      throw storeErrorOf(purpose, error);
    } finally {
      for (const client of clients) client.close();
    }
  }

  /** Only reads, so that it waits for nobody who is changing the file. */
  #versionsIn(reader: Client): Promise<TableVersions> {
    return patiently(async () => {
      const sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1";
      const { rows } = await reader.execute({ sql, args: [this.table('migrations')] });
      return versionsOf(rows.length === 0 ? [] : rowsOf(await reader.execute(versionQuery(this.table))));
    });
  }

  /** @returns the version that it found */
  async #migrateBy(writer: Client): Promise<number> {
    await keepBesideReads(writer);
    return patiently(() => transact(writer, (transaction) => migrate(transaction, this.table)));
  }
}

/** With a log ahead of writes nobody who reads is in the way of a change. A backup that was brought back has none: `VACUUM INTO` makes files without. */
async function keepBesideReads(writer: Client): Promise<void> {
  await patiently(() => writer.executeMultiple('PRAGMA journal_mode = WAL'));
}

async function connect(file: string, clients: Client[]): Promise<Client> {
  const url = pathToFileURL(file).href;
  const client = await patiently(async () => libsql().createClient({ url, concurrency: 1 }));
  clients.push(client);
  return client;
}

/**
 * Waits while somebody else is in the way. SQLite's own waiting would stop the whole process, and for ever where the other one is a
 * second client in it.
 */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await setTimeout(Math.random() * LONGEST_PAUSE);
  }
}

async function transact<T>(writer: Client, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  // Not within it: others in this process would find the file locked.
  await STATEMENT_TURNS.take();
  // Each time, because the client may have replaced its connection, and these settings with it.
  await writer.executeMultiple(
    `PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = ${LARGEST_LOG}`,
  );
  const transaction = await writer.transaction('deferred');
  try {
    // The client lets a BEGIN IMMEDIATE that somebody else is in the way of stay half done, and then no commit succeeds any more.
    await transaction.executeMultiple('COMMIT; BEGIN IMMEDIATE');
    const execute = (sql: string, values: readonly Value[] = []) =>
      transaction.execute({ sql, args: [...values] });
    const result = await work({
      change: async (...statement) => (await execute(...statement)).rowsAffected,
      rows: async (...statement) => rowsOf(await execute(...statement)),
    });
    await transaction.commit();
    return result;
  } finally {
    transaction.close();
  }
}

function rowsOf({ rows }: ResultSet): readonly Row[] {
  return rows as unknown as readonly Row[];
}
