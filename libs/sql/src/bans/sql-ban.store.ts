import { setImmediate } from 'node:timers/promises';
import type { Ban, BanQuery, BanRecord, BanStore } from '@portcullis/auth';
import type { Database, Row, Transaction, Value } from '../database.js';
import { toSqlText } from '../text.js';
import { BAN_COLUMNS, banOf, rowOf, strikesOf, strikesRowOf } from './ban-tables.js';

/** Bans in one statement: few, so that requests are hardly held up and little memory is taken. */
const CHUNK = 200;
const NEWEST_FIRST = 'ORDER BY created_at DESC, id DESC';

/** Bans in an SQL database. */
export class SqlBanStore implements BanStore {
  readonly #database: Database;
  readonly #bans: string;
  readonly #strikes: string;

  constructor(database: Database) {
    this.#database = database;
    this.#bans = database.table('bans');
    this.#strikes = database.table('ban_strikes');
  }

  async save(bans: readonly BanRecord[]): Promise<void> {
    if (bans.length === 0) return;
    await this.#database.change('save bans', async (transaction) => {
      for (let from = 0; from < bans.length; from += CHUNK) {
        // Lets requests be answered while very many bans are saved.
        if (from > 0) await setImmediate();
        // One statement can not change a row twice in PostgreSQL.
        const chunk = new Map(bans.slice(from, from + CHUNK).map((ban) => [ban.id, ban]));
        await this.#saveChunk(transaction, [...chunk.values()]);
      }
    });
  }

  async findById(id: string): Promise<BanRecord | undefined> {
    const [row] = await this.#database.read(
      'find a ban',
      [...BAN_COLUMNS, 'strikes'],
      `FROM ${this.#bans} LEFT JOIN ${this.#strikes} ON ban_id = id WHERE id = $1`,
      [toSqlText(id)],
    );
    return row && { ...banOf(row), strikes: strikesOf(row) };
  }

  async findLatest(network: string, shadow: boolean): Promise<Ban | undefined> {
    const [row] = await this.#database.read(
      'find the newest ban of a network',
      BAN_COLUMNS,
      `FROM ${this.#bans} WHERE network = $1 AND shadow = $2 ${NEWEST_FIRST} LIMIT 1`,
      [toSqlText(network), Number(shadow)],
    );
    return row && banOf(row);
  }

  async list({ activeAt, networks, rule, shadow, after, limit }: BanQuery): Promise<readonly Ban[]> {
    const values: Value[] = [];
    const bind = (value: Value) => `$${values.push(value)}`;
    const conditions: string[] = [];
    if (networks !== undefined) {
      const texts = JSON.stringify(networks.map(toSqlText));
      conditions.push(`network IN ${this.#database.textsIn(bind(texts))}`);
    }
    if (activeAt !== undefined) conditions.push(`expires_at > ${bind(activeAt)}`);
    if (rule !== undefined) conditions.push(`rule = ${bind(toSqlText(rule))}`);
    if (shadow !== undefined) conditions.push(`shadow = ${bind(Number(shadow))}`);
    if (after !== undefined)
      conditions.push(`(created_at, id) < (${bind(after.createdAt)}, ${bind(toSqlText(after.id))})`);
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    const rows = await this.#database.read(
      'list bans',
      BAN_COLUMNS,
      `FROM ${this.#bans} ${where} ${NEWEST_FIRST} LIMIT ${bind(limit)}`,
      values,
    );
    return rows.map(banOf);
  }

  async lift(id: string, at: number, by: string | null): Promise<Ban | undefined> {
    const [row] = await this.#database.change('lift a ban', (transaction) =>
      transaction.rows(
        `UPDATE ${this.#bans} SET expires_at = $1, lifted_at = $1, lifted_by = $2
         WHERE id = $3 AND expires_at > $1 AND lifted_at IS NULL RETURNING ${BAN_COLUMNS.join(', ')}`,
        [at, by === null ? null : toSqlText(by), toSqlText(id)],
      ),
    );
    return row && banOf(row);
  }

  async forget(network: string): Promise<void> {
    await this.#database.change('forget the bans of a network', (transaction) =>
      this.#delete(transaction, 'network = $1', [toSqlText(network)]),
    );
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    await this.#database.change('forget bans that are over', (transaction) =>
      this.#delete(transaction, `expires_at <= ${this.#database.notAfterNow('$1')}`, [time]),
    );
  }

  async trim(max: number): Promise<void> {
    await this.#database.change('trim bans', async (transaction) => {
      const [row] = await transaction.rows(
        `SELECT count(*) AS count FROM ${this.#bans} WHERE rule IS NOT NULL`,
      );
      const surplus = Number(row?.count) - max;
      await this.#delete(transaction, 'rule IS NOT NULL ORDER BY expires_at, id', [], surplus);
    });
  }

  async clear(): Promise<number> {
    // In the order in which they lie in the file.
    return this.#database.change('clear bans', (transaction) =>
      this.#delete(transaction, 'TRUE ORDER BY created_at, id', []),
    );
  }

  /**
   * Deletes bans bit by bit, so that requests are answered while there are very many.
   *
   * @param most how many at most
   * @returns how many that was
   */
  async #delete(
    transaction: Transaction,
    condition: string,
    values: readonly Value[],
    most = Number.POSITIVE_INFINITY,
  ): Promise<number> {
    const ids = `SELECT id FROM ${this.#bans} WHERE ${condition} LIMIT $${values.length + 1}`;
    let count = 0;
    while (count < most) {
      const limit = Math.min(CHUNK, most - count);
      const sql = `DELETE FROM ${this.#bans} WHERE id IN (${ids})`;
      const deleted = await transaction.change(sql, [...values, limit]);
      count += deleted;
      if (deleted < limit) break;
      await setImmediate();
    }
    return count;
  }

  async #saveChunk(transaction: Transaction, bans: readonly BanRecord[]): Promise<void> {
    const struck = bans.filter(({ strikes }) => strikes.length > 0);
    const unstruck = bans.filter(({ strikes }) => strikes.length === 0);
    await this.#insert(transaction, this.#bans, BAN_COLUMNS, bans.map(rowOf));
    await this.#insert(transaction, this.#strikes, ['ban_id', 'strikes'], struck.map(strikesRowOf));
    const ids = JSON.stringify(unstruck.map(({ id }) => toSqlText(id)));
    await transaction.change(`DELETE FROM ${this.#strikes} WHERE ban_id IN ${this.#database.textsIn('$1')}`, [
      ids,
    ]);
  }

  /** Inserts rows; one with the same first column is replaced. */
  async #insert(
    transaction: Transaction,
    table: string,
    columns: readonly string[],
    rows: readonly Row[],
  ): Promise<void> {
    const [key, ...others] = columns;
    const replacements = others.map((column) => `${column} = excluded.${column}`);
    // Without a condition, SQLite takes ON CONFLICT for part of a join.
    await transaction.change(
      `INSERT INTO ${table} (${columns.join(', ')}) ${this.#database.recordsIn('$1', table, columns)} WHERE true
       ON CONFLICT (${key}) DO UPDATE SET ${replacements.join(', ')}`,
      [JSON.stringify(rows)],
    );
  }
}
