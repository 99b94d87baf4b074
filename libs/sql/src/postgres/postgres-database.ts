import {
  asOneText,
  type Database,
  JoinableTransaction,
  type Notifications,
  type Row,
  type Table,
  type TableVersions,
  type Transaction,
  type Value,
} from '../database.js';
import { StoreError } from '../store-error.js';
import { Turns } from '../turns.js';
import { storeErrorOf } from './postgres-error.js';
import { PostgresNotifications } from './postgres-notify.js';
import {
  type Connection,
  ignore,
  type PostgresPool,
  type Timeouts,
  withConnection,
} from './postgres-pool.js';
import { type PostgresPlace, PostgresTables } from './postgres-tables.js';
import { DURABLE, limits, patiently, transact } from './postgres-transaction.js';

/** How often a change is tried beside others before it shuts them out. */
const TRIES_BESIDE_OTHERS = 3;
/** Connections that look-ups leave for changes. */
const LEFT_FOR_CHANGES = 3;
/** Milliseconds that work may wait for others to be done. */
const PATIENCE = 10_000;
/**
 * PostgreSQL, reached by the first call. Changes are SERIALIZABLE transactions side by side, done again where PostgreSQL finds that
 * they would not have come one after another: so a store that reads and then writes is right without knowing about locks. Where that
 * fails several times, the change shuts the others out by a lock on the table of signing keys, which each of them shares: one that the
 * app's user may change anyway, or PostgreSQL would not let it, and that is hardly ever busy. What depends on no other change
 * (`changeBeside`) is READ COMMITTED and shares no lock.
 */
export class PostgresDatabase implements Database {
  readonly table: Table;
  readonly limitsParts = true;
  readonly lookUps: Turns;
  readonly notifications: Notifications;
  readonly #pool: PostgresPool;
  /** A crowd that waits for a connection must not pass for a server that gives none. */
  readonly #turns: Turns;
  readonly #endPool: () => Promise<void>;
  readonly #place: PostgresPlace;
  readonly #timeouts: Timeouts;
  readonly #tables: PostgresTables;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @param original the same by other connections, whose tables are the right ones */
  constructor(
    pool: PostgresPool,
    place: PostgresPlace,
    timeouts: Timeouts,
    endPool: () => Promise<void>,
    readonly original?: PostgresDatabase,
  ) {
    this.#pool = pool;
    this.#place = place;
    this.#timeouts = timeouts;
    this.#endPool = endPool;
    this.#tables = new PostgresTables(
      place,
      timeouts,
      (work, limited) => this.#connected(work, limited),
      original === undefined ? undefined : original.#tables,
    );
    this.table = this.#tables.table;
    this.notifications = new PostgresNotifications(pool, `${place.prefix}changes`, timeouts.connect);
    const { max = 10 } = pool.options as { max?: number };
    this.lookUps = new Turns(Math.max(1, max - LEFT_FOR_CHANGES), timeouts.connect);
    this.#turns = new Turns(max, PATIENCE);
    // An idle connection that breaks is replaced by the pool.
    pool.on('error', ignore);
  }

  /**
   * The same database by connections of its own, which others can't use up. It is refused where these reach other tables.
   *
   * @param endPool ends them
   */
  beside(pool: PostgresPool, endPool: () => Promise<void>): PostgresDatabase {
    return new PostgresDatabase(pool, this.#place, this.#timeouts, endPool, this);
  }

  recordsIn(parameter: string, table: string, columns: readonly string[]): string {
    return `SELECT ${columns.join(', ')} FROM json_populate_recordset(NULL::${table}, ${parameter}::json)`;
  }

  textsIn(parameter: string): string {
    return `(SELECT json_array_elements_text(${parameter}::json))`;
  }

  notAfterNow(parameter: string): string {
    return `least(${parameter}, (extract(epoch FROM now()) * 1000)::bigint)`;
  }

  notBeforeNow(parameter: string): string {
    return `greatest(${parameter}, (extract(epoch FROM now()) * 1000)::bigint)`;
  }

  read(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<readonly Row[]> {
    return this.#read(purpose, (connection) => connection.rowsOf(columns, from, values));
  }

  async readText(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<string> {
    const [row] = await this.#read(purpose, (connection) => connection.rows(oneText(columns, from), values));
    // Of no rows there is no array.
    return (row?.json ?? '[]') as string;
  }

  async readDigest(
    purpose: string,
    columns: readonly string[],
    from: string,
    values: readonly Value[],
  ): Promise<string> {
    const text = `convert_to(coalesce(json::text, '[]'), 'UTF8')`;
    const sql = `SELECT encode(sha256(${text}), 'base64') AS digest FROM (${oneText(columns, from)}) AS whole`;
    const [row] = await this.#read(purpose, (connection) => connection.rows(sql, values));
    return row?.digest as string;
  }

  #read<T>(purpose: string, read: (connection: Connection) => Promise<T>): Promise<T> {
    // In a transaction, whose settings also hold behind a pooler that gives out connections by transaction.
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${limits(this.#timeouts.statement)}`;
    return this.#call(purpose, () =>
      patiently(() => this.#connected((connection) => transact(connection, begin, () => read(connection)))),
    );
  }

  changeBeside<T>(
    purpose: string,
    work: (transaction: Transaction, turn: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${limits(this.#timeouts.statement)}; ${DURABLE}`;
    const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
    return this.#call(purpose, () =>
      patiently(() =>
        this.#connected((connection) =>
          transact(connection, begin, (transaction) =>
            work(transaction, async () => {
              // A statement of its own: what comes after it reads what was there when the turn began.
              await transaction.rows(lock, [`portcullis ${this.table('changes')}`]);
            }),
          ),
        ),
      ),
    );
  }

  change<T>(purpose: string, work: (transaction: Transaction) => Promise<T>, within?: object): Promise<T> {
    const joined = JoinableTransaction.in(this, within);
    if (joined !== undefined) return work(joined);
    return this.#call(purpose, () =>
      patiently((tries) => {
        const mode = tries < TRIES_BESIDE_OTHERS ? 'ROW SHARE' : 'EXCLUSIVE';
        // The lock comes first: it takes no snapshot, and what is read afterwards has what others have done before.
        const begin = `BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE; ${limits(this.#timeouts.statement)};
          LOCK TABLE ${this.table('signing_keys')} IN ${mode} MODE; ${DURABLE}`;
        return this.#connected((connection) => transact(connection, begin, work));
      }),
    );
  }

  /** Without a transaction around it: whoever compares clocks counts the way to the server and back. */
  async now(): Promise<number> {
    const sql = 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now';
    const rows = await this.#call('read the clock', () =>
      this.#connected((connection) => connection.rows(sql)),
    );
    return Number(rows[0]?.now);
  }

  versions(): Promise<TableVersions> {
    return this.#keep('read the version of the tables', () => this.#tables.versions());
  }

  migrate(): Promise<TableVersions> {
    return this.#keep('migrate the tables', () => this.#tables.migrate());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#endPool();
    this.#pool.off('error', ignore);
  }

  #call<T>(purpose: string, work: () => Promise<T>): Promise<T> {
    return this.#keep(purpose, () => this.#tables.prepare().then(work));
  }

  /** Has whoever closes the stores wait for the work. */
  async #keep<T>(purpose: string, work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw storeErrorOf(purpose, new StoreError('the stores are closed'));
    const call = work();
    this.#underWay.add(call);
    try {
      return await call;
    } catch (error) {
      throw storeErrorOf(purpose, error);
    } finally {
      this.#underWay.delete(call);
    }
  }

  #connected<T>(work: (connection: Connection) => Promise<T>, timeouts = this.#timeouts): Promise<T> {
    return this.#turns.take(() => withConnection(this.#pool, timeouts, work));
  }
}

function oneText(columns: readonly string[], from: string): string {
  return asOneText(columns, from, ['json_agg', 'json_build_array']);
}
