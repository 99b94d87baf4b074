import type { Revocation, RevocationStore } from '@portcullis/auth';
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

  async findActive(now: number): Promise<readonly Revocation[]> {
    const rows = await this.#database.read(
      'find revocations',
      REVOCATION_COLUMNS,
      `FROM ${this.#revocations} WHERE expires_at > $1`,
      [now],
    );
    return rows.map(revocationOf);
  }

  async forgetExpiredBefore(time: number): Promise<void> {
    await this.#database.change('forget revocations that are over', (transaction) =>
      transaction.change(`DELETE FROM ${this.#revocations} WHERE expires_at <= $1`, [time]),
    );
  }
}
