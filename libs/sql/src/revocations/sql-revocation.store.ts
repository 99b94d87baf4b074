import type { Revocation, RevocationQuery, RevocationStore } from '@portcullis/auth';
import type { Database } from '../database.js';
import { REVOCATION_COLUMNS, revocationOf, valuesOf } from './revocation-table.js';

/** Revocations in an SQL database. */
export class SqlRevocationStore implements RevocationStore {
  readonly #database: Database;
  readonly #revocations: string;

  constructor(database: Database) {
    this.#database = database;
    this.#revocations = database.table('revocations');
  }

  async save(revocation: Revocation): Promise<void> {
    const [key, ...others] = REVOCATION_COLUMNS;
    const values = valuesOf(revocation);
    const replacements = others.map((column) => `${column} = excluded.${column}`);
    await this.#database.change('save a revocation', (transaction) =>
      transaction.change(
        `INSERT INTO ${this.#revocations} (${REVOCATION_COLUMNS.join(', ')})
         VALUES (${values.map((_, index) => `$${index + 1}`).join(', ')})
         ON CONFLICT (${key}) DO UPDATE SET ${replacements.join(', ')}`,
        values,
      ),
    );
  }

  async findActive({ activeAt, after, limit }: RevocationQuery): Promise<readonly Revocation[]> {
    // One lower bound alone, where the page begins: of two SQLite takes the first, and walks over all the pages before.
    const [from, values] =
      after === undefined
        ? ['expires_at > $1', [activeAt]]
        : ['expires_at >= $1 AND (expires_at > $1 OR id > $2)', [after.expiresAt, after.id]];
    const rows = await this.#database.read(
      'find revocations',
      REVOCATION_COLUMNS,
      `FROM ${this.#revocations} WHERE ${from} ORDER BY expires_at, id LIMIT $${values.length + 1}`,
      [...values, limit],
    );
    return rows.map(revocationOf);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    await this.#database.change('forget revocations that are over', (transaction) =>
      transaction.change(`DELETE FROM ${this.#revocations} WHERE expires_at <= $1`, [time]),
    );
  }
}
