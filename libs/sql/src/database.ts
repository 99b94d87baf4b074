import type { Turns } from './turns.js';

/** What is bound to `$1`, `$2` and so on; each number comes first where the ones before it have come. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

/** In a loop, so that the rows of one query have one shape: with entries they are five times as slow to make and to read. */
export function rowOf(columns: readonly string[], values: readonly Value[]): Row {
  const row: Record<string, Value> = {};
  for (let index = 0; index < columns.length; index++) row[columns[index] as string] = values[index] ?? null;
  return row;
}

/** Takes apart what {@link Database.readText} has read. */
export function rowsOfText(columns: readonly string[], text: string): readonly Row[] {
  const rows: Value[][] = JSON.parse(text);
  return rows.map((row) => rowOf(columns, row));
}

/**
 * One text of all rows: in SQLite twelve times as fast as rows of columns, since the client makes each value with much ado. The order is
 * that of the subquery, in SQLite if it has a limit.
 *
 * @param from what follows the columns, with their order
 */
export function asOneText(
  columns: readonly string[],
  from: string,
  [group, array]: readonly [string, string],
): string {
  const names = columns.map((_, index) => `c${index}`);
  const named = columns.map((column, index) => `${column} AS c${index}`);
  return `SELECT ${group}(${array}(${names.join(', ')})) AS json FROM (SELECT ${named.join(', ')} ${from}) AS listed`;
}

/** The full name of one of our tables or indexes. */
export type Table = (name: string) => string;

/** The statements that bring the tables from one version to the next. What was released is never changed. */
export type Migration = (table: Table) => readonly string[];

/** How old or new the tables in a database are. Versions count from 1; 0: there are none. */
export interface TableVersions {
  /** The version that the database has. */
  readonly present: number;
  /** The version that this code needs. */
  readonly needed: number;
}

/** One transaction: all of its statements take effect, or none does. */
export interface Transaction {
  /** @returns how many rows the statement changed */
  change(sql: string, values?: readonly Value[]): Promise<number>;
  /** For statements that give back rows. */
  rows(sql: string, values?: readonly Value[]): Promise<readonly Row[]>;
}

/** A transaction that is under way, as stores of the same database are given it by way of others. */
export class JoinableTransaction {
  readonly transaction: Transaction;
  #failure: unknown;

  constructor(
    readonly database: Database,
    transaction: Transaction,
  ) {
    this.transaction = {
      change: (...statement) => transaction.change(...statement).catch((error) => this.#fail(error)),
      rows: (...statement) => transaction.rows(...statement).catch((error) => this.#fail(error)),
    };
  }

  /** @returns undefined where it is none, or one of another database */
  static in(database: Database, given: object | undefined): Transaction | undefined {
    return given instanceof JoinableTransaction && originalOf(given.database) === originalOf(database)
      ? given.transaction
      : undefined;
  }

  /**
   * Lends it. Where one of its statements fails, so does the work, with what the database says: by that it is done again, whatever those
   * who were lent it have made of it.
   */
  async lendTo(work: (joinable: JoinableTransaction) => Promise<void>): Promise<void> {
    try {
      await work(this);
    } catch (error) {
      throw this.#failure ?? error;
    }
  }

  #fail(error: unknown): never {
    this.#failure ??= error;
    throw error;
  }
}

/** Wakes the other processes that wait for a change. It may ring for nothing, and a ring may be lost. */
export interface Notifications {
  /** Rings when the transaction takes effect. */
  notify(transaction: Transaction): Promise<void>;
  /**
   * Calls `wake` at each ring, until the promised function is called.
   *
   * @throws StoreError when the database can't be reached at first
   */
  listen(wake: () => void): Promise<() => Promise<void>>;
}

/** A database that knows the common SQL of SQLite and PostgreSQL: `$1`, `ON CONFLICT`, `RETURNING`, row values. */
export interface Database {
  readonly table: Table;
  /** Which database this is, by connections of its own. */
  readonly original?: Database | undefined;
  /**
   * It would sort all parts of a union together, instead of merging what comes in order, so each has to be limited by itself. It knows lateral
   * joins too, which it plans once for however many parts.
   */
  readonly limitsParts?: boolean;
  /** How many look-ups of credentials may wait at a time, so that connections are left for other work; undefined where there is no such limit. */
  readonly lookUps?: Turns;
  /**
   * A query for these columns of the objects of a JSON array, as rows of a table.
   *
   * @param parameter `$1` or another
   */
  recordsIn(parameter: string, table: string, columns: readonly string[]): string;
  /**
   * A subquery for the texts of a JSON array: however many they are, they take one parameter only.
   *
   * @param parameter `$1` or another
   */
  textsIn(parameter: string): string;
  /**
   * A time in milliseconds since the epoch, or the server's, where that comes first: whose clock is ahead must not have anything forgotten.
   *
   * @param parameter `$1` or another
   */
  notAfterNow(parameter: string): string;
  /**
   * A time in milliseconds since the epoch, or the server's, where that comes later: whose clock is behind must not have anything end early.
   *
   * @param parameter `$1` or another
   */
  notBeforeNow(parameter: string): string;
  /**
   * @param purpose for the error: what "Could not …"
   * @param from what follows the columns: `FROM …`
   * @throws StoreError
   */
  read(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<readonly Row[]>;
  /**
   * As {@link read}, with all rows in one text, by which what was read before is known again and need not be taken apart.
   *
   * @returns the JSON of an array of arrays, each with the values of a row
   */
  readText(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<string>;
  /**
   * The SHA-256, in Base64, of what {@link readText} gives, where the database can tell it: what is known need not come here then.
   *
   * @throws StoreError
   */
  readDigest?(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<string>;
  /**
   * Changes something, durably when the promise resolves, as if changes came one after another.
   *
   * @param purpose for the error: what "Could not …"
   * @param work may be called again when somebody else was in the way; what it did before is undone then
   * @param within what it becomes a part of, where that is a transaction of this database; what it reads is then as isolated as that is
   * @throws StoreError
   */
  change<T>(purpose: string, work: (transaction: Transaction) => Promise<T>, within?: object): Promise<T>;
  /**
   * Changes something that does not depend on what others change meanwhile, so that it may go on beside them.
   *
   * @param work gets, besides its transaction, what it can wait for its turn with: from then until the transaction is over no other one
   * has its turn, and what those before have changed can be read
   * @throws StoreError
   */
  changeBeside<T>(
    purpose: string,
    work: (transaction: Transaction, turn: () => Promise<void>) => Promise<T>,
  ): Promise<T>;
  /** The time by the server's clock, in milliseconds since the epoch, where it is not this machine's. */
  now?(): Promise<number>;
  /** Where processes can wake each other; otherwise each has to look now and then. */
  readonly notifications?: Notifications;
  /**
   * Reads which version the tables have, whichever it is, and makes nothing.
   *
   * @throws StoreError
   */
  versions(): Promise<TableVersions>;
  /**
   * Brings the tables to the version that this code needs, also where calls to the stores may not.
   *
   * @returns what it found
   * @throws StoreError also when a newer version made the tables
   */
  migrate(): Promise<TableVersions>;
  close(): Promise<void>;
}

function originalOf(database: Database): Database {
  return database.original ?? database;
}
