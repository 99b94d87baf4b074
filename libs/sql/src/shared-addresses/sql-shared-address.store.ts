import { setImmediate } from 'node:timers/promises';
import type { SharedAddress, SharedAddressQuery, SharedAddressStore } from '@portcullis/auth';
import type { Database, Migration, Row, Value } from '../database.js';
import { rowBehind } from '../row-behind.js';
import { fromSqlText, toSqlText } from '../text.js';

/** Addresses in one statement. */
const CHUNK = 500;

const COLUMNS = ['id', 'seen_at'] as const;

export const SHARED_ADDRESSES_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('shared_addresses')} (
     id TEXT PRIMARY KEY NOT NULL,
     seen_at BIGINT NOT NULL
   )`,
  `CREATE INDEX ${table('shared_addresses_newest')} ON ${table('shared_addresses')} (seen_at, id)`,
];

/** Where known people were served, in an SQL database. */
export class SqlSharedAddressStore implements SharedAddressStore {
  readonly #database: Database;
  readonly #addresses: string;

  constructor(database: Database) {
    this.#database = database;
    this.#addresses = database.table('shared_addresses');
  }

  async save(seen: readonly SharedAddress[]): Promise<void> {
    // In one order, so that two who write the same rows wait for each other and not in a circle.
    const rows = [...latestOf(seen)]
      .sort()
      .map(([id, seenAt]): Row => ({ id: toSqlText(id), seen_at: seenAt }));
    for (let from = 0; from < rows.length; from += CHUNK) {
      if (from > 0) await setImmediate();
      await this.#database.changeBeside('keep where somebody was served', ({ change }) =>
        // Without a condition, SQLite takes ON CONFLICT for part of a join.
        change(
          `INSERT INTO ${this.#addresses} (id, seen_at)
           ${this.#database.recordsIn('$1', this.#addresses, COLUMNS)} WHERE true
           ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
           WHERE ${this.#addresses}.seen_at < excluded.seen_at`,
          [JSON.stringify(rows.slice(from, from + CHUNK))],
        ),
      );
    }
  }

  async list({ since, after, limit }: SharedAddressQuery): Promise<readonly SharedAddress[]> {
    const position = after === undefined ? '' : 'AND (seen_at, id) < ($2, $3)';
    const values = [since, ...(after === undefined ? [] : [after.seenAt, toSqlText(after.id)]), limit];
    const rows = await this.#database.read(
      'read where known people were served',
      COLUMNS,
      `FROM ${this.#addresses} WHERE seen_at >= $1 ${position}
       ORDER BY seen_at DESC, id DESC LIMIT $${values.length}`,
      values,
    );
    return rows.map(({ id, seen_at }) => ({ id: fromSqlText(id as string), seenAt: Number(seen_at) }));
  }

  async prune(before: number, max: number): Promise<void> {
    await this.#forget(`seen_at < ${this.#database.notAfterNow('$1')}`, [before]);
    const all = { table: this.#addresses, order: ['seen_at', 'id'] } as const;
    const last = await rowBehind(
      this.#database,
      { purpose: 'count where known people were served', ...all },
      max,
    );
    if (last === undefined) return;
    await this.#forget('(seen_at, id) <= ($1, $2)', [last.seen_at as number, last.id as string]);
  }

  async #forget(condition: string, values: readonly Value[]): Promise<void> {
    const ids = `SELECT id FROM ${this.#addresses} WHERE ${condition} ORDER BY seen_at, id LIMIT $${values.length + 1}`;
    let forgotten: number;
    do {
      forgotten = await this.#database.changeBeside('forget where somebody was served', ({ change }) =>
        change(`DELETE FROM ${this.#addresses} WHERE id IN (${ids})`, [...values, CHUNK]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }
}

/** One statement can not change a row twice in PostgreSQL. */
function latestOf(seen: readonly SharedAddress[]): Map<string, number> {
  const latest = new Map<string, number>();
  for (const { id, seenAt } of seen) latest.set(id, Math.max(seenAt, latest.get(id) ?? seenAt));
  return latest;
}
