import { setImmediate } from 'node:timers/promises';
import {
  type ActiveBanQuery,
  type Ban,
  type BanQuery,
  type BanRecord,
  type BanStore,
  type Listed,
  listed,
  type OpenTransaction,
} from '@portcullis/auth';
import type { Database, Row, Transaction, Value } from '../database.js';
import { readNewest } from '../newest-first.js';
import { rowBehind } from '../row-behind.js';
import { toSqlText } from '../text.js';
import { conditionsOf, manyNetworks } from './ban-conditions.js';
import { BAN_COLUMNS, banOf, rowOf, strikesOf, strikesRowOf } from './ban-tables.js';

/** Bans in one statement: few, so that requests are hardly held up and little memory is taken. */
const CHUNK = 200;
/** Chunks in one transaction, so that others come in between, and in one call, which is not to take half a minute. */
const CHUNKS_TOGETHER = 10;
const CHUNKS_AT_MOST = 100;

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
      `FROM ${this.#bans} WHERE network = $1 AND shadow = $2 ORDER BY created_at DESC, id DESC LIMIT 1`,
      [toSqlText(network), Number(shadow)],
    );
    return row && banOf(row);
  }

  async list(query: BanQuery): Promise<Listed<Ban, Pick<Ban, 'createdAt' | 'id'>>> {
    const { after, limit } = query;
    const conditions = conditionsOf(query);
    if (conditions === undefined) return this.#listMany(query);
    const { rows, stoppedAt } = await readNewest(this.#database, {
      purpose: 'list bans',
      table: this.#bans,
      columns: BAN_COLUMNS,
      time: 'created_at',
      ...conditions,
      after: after && { time: after.createdAt, id: after.id },
      limit,
    });
    return listed(rows.map(banOf), stoppedAt && { createdAt: stoppedAt.time, id: stoppedAt.id });
  }

  async findActive({ activeAt, after, limit }: ActiveBanQuery): Promise<readonly Ban[]> {
    const position = after === undefined ? '' : 'AND (expires_at, id) < ($2, $3)';
    const values = [activeAt, ...(after === undefined ? [] : [after.expiresAt, toSqlText(after.id)]), limit];
    const rows = await this.#database.read(
      'find bans in force',
      BAN_COLUMNS,
      `FROM ${this.#bans} WHERE expires_at > $1 ${position}
       ORDER BY expires_at DESC, id DESC LIMIT $${values.length}`,
      values,
    );
    return rows.map(banOf);
  }

  async lift(id: string, at: number, by: string | null, within?: OpenTransaction): Promise<Ban | undefined> {
    const [row] = await this.#database.change(
      'lift a ban',
      (transaction) =>
        transaction.rows(
          `UPDATE ${this.#bans} SET expires_at = $1, lifted_at = $1, lifted_by = $2
           WHERE id = $3 AND expires_at > $1 AND lifted_at IS NULL RETURNING ${BAN_COLUMNS.join(', ')}`,
          [at, by === null ? null : toSqlText(by), toSqlText(id)],
        ),
      within,
    );
    return row && banOf(row);
  }

  async forget(network: string, within?: OpenTransaction): Promise<void> {
    const forget = async (transaction: Transaction) => {
      while ((await this.#delete(transaction, 'network = $1', [toSqlText(network)])) === CHUNK)
        await setImmediate();
    };
    await this.#database.change('forget the bans of a network', forget, within);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const condition = `expires_at <= ${this.#database.notAfterNow('$1')} ORDER BY expires_at, id`;
    await this.#forgetBitByBit('forget bans that are over', condition, [time]);
  }

  async trim(max: number): Promise<void> {
    const ofRules = {
      table: this.#bans,
      order: ['expires_at', 'id'],
      condition: 'rule IS NOT NULL',
    } as const;
    const last = await rowBehind(this.#database, { purpose: 'count bans', ...ofRules }, max);
    if (last === undefined) return;
    const condition = 'rule IS NOT NULL AND (expires_at, id) <= ($1, $2) ORDER BY expires_at, id';
    await this.#forgetBitByBit('trim bans', condition, [last.expires_at as number, last.id as string]);
  }

  async forgetByIds(ids: readonly string[], within?: OpenTransaction): Promise<number> {
    if (ids.length === 0) return 0;
    const forget = async (transaction: Transaction) => {
      let count = 0;
      for (let from = 0; from < ids.length; from += CHUNK) {
        if (from > 0) await setImmediate();
        const chunk = JSON.stringify(ids.slice(from, from + CHUNK).map(toSqlText));
        const sql = `DELETE FROM ${this.#bans} WHERE id IN ${this.#database.textsIn('$1')}`;
        count += await transaction.change(sql, [chunk]);
      }
      return count;
    };
    return this.#database.change('forget bans', forget, within);
  }

  /** More networks than a list asks for: their bans are few, and sorted. */
  async #listMany(query: BanQuery): Promise<readonly Ban[]> {
    const { from, values } = manyNetworks(this.#database, this.#bans, query);
    return (await this.#database.read('list bans', BAN_COLUMNS, from, values)).map(banOf);
  }

  /** Bit by bit, and of very many a part. */
  async #forgetBitByBit(purpose: string, condition: string, values: readonly Value[]): Promise<void> {
    for (let chunks = 0; chunks < CHUNKS_AT_MOST; chunks += CHUNKS_TOGETHER) {
      const forgotten = await this.#database.change(purpose, async (transaction) => {
        let part = 0;
        for (let chunk = 0; chunk < CHUNKS_TOGETHER && part === chunk * CHUNK; chunk++) {
          if (chunk > 0) await setImmediate();
          part += await this.#delete(transaction, condition, values);
        }
        return part;
      });
      if (forgotten < CHUNKS_TOGETHER * CHUNK) return;
      await setImmediate();
    }
  }

  /** @returns how many that was: the whole chunk, unless there are no more */
  #delete(transaction: Transaction, condition: string, values: readonly Value[]): Promise<number> {
    const ids = `SELECT id FROM ${this.#bans} WHERE ${condition} LIMIT $${values.length + 1}`;
    return transaction.change(`DELETE FROM ${this.#bans} WHERE id IN (${ids})`, [...values, CHUNK]);
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
