import { setImmediate } from 'node:timers/promises';
import type { OpenTransaction, Revocation, RevocationQuery, RevocationStore } from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import { REVOCATION_COLUMNS, revocationOf, rowOf } from './revocation-table.js';

/** Revocations that are forgotten in one transaction. */
const CHUNK = 1_000;

/** Revocations in an SQL database. */
export class SqlRevocationStore implements RevocationStore {
  readonly #database: Database;
  readonly #revocations: string;

  constructor(database: Database) {
    this.#database = database;
    this.#revocations = database.table('revocations');
  }

  async save(revocations: readonly Revocation[], transaction?: OpenTransaction): Promise<void> {
    const [key, ...others] = REVOCATION_COLUMNS;
    const replacements = others.map((column) => `${column} = excluded.${column}`);
    const rows = this.#database.recordsIn('$1', this.#revocations, REVOCATION_COLUMNS);
    await this.#database.change(
      'save revocations',
      ({ change }) =>
        // Without a condition, SQLite takes ON CONFLICT for part of a join.
        change(
          `INSERT INTO ${this.#revocations} (${REVOCATION_COLUMNS.join(', ')}) ${rows} WHERE true
           ON CONFLICT (${key}) DO UPDATE SET ${replacements.join(', ')}`,
          [JSON.stringify(revocations.map(rowOf))],
        ),
      transaction,
    );
  }

  findActive({ activeAt, after, limit }: RevocationQuery): Promise<readonly Revocation[]> {
    return after === undefined
      ? this.#page('expires_at', 'expires_at > $1', [activeAt], limit)
      : this.#pageAfter('expires_at', after.expiresAt, after.id, limit);
  }

  findSince(
    time: number,
    limit: number,
    after?: Pick<Revocation, 'revokedAt' | 'id'>,
  ): Promise<readonly Revocation[]> {
    return after === undefined
      ? this.#page('revoked_at', 'revoked_at >= $1', [time], limit)
      : this.#pageAfter('revoked_at', after.revokedAt, after.id, limit);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    const expired = `SELECT id FROM ${this.#revocations}
      WHERE expires_at <= ${this.#database.notAfterNow('$1')} ORDER BY expires_at LIMIT $2`;
    let forgotten: number;
    do {
      forgotten = await this.#database.changeBeside('forget revocations that are over', ({ change }) =>
        change(`DELETE FROM ${this.#revocations} WHERE id IN (${expired})`, [time, CHUNK]),
      );
      await setImmediate();
    } while (forgotten === CHUNK);
  }

  #pageAfter(column: string, time: number, id: string, limit: number): Promise<readonly Revocation[]> {
    // One lower bound alone, where the page begins: of two SQLite takes the first, and walks over all the pages before.
    const rest = `${column} >= $1 AND (${column} > $1 OR id > $2)`;
    return this.#page(column, rest, [time, id], limit);
  }

  async #page(
    column: string,
    condition: string,
    values: readonly Value[],
    limit: number,
  ): Promise<readonly Revocation[]> {
    const rows = await this.#database.read(
      'find revocations',
      REVOCATION_COLUMNS,
      `FROM ${this.#revocations} WHERE ${condition} ORDER BY ${column}, id LIMIT $${values.length + 1}`,
      [...values, limit],
    );
    return rows.map(revocationOf);
  }
}
