import type { Database } from '../database.js';
import { StoreError } from '../store-error.js';
import { toSqlText } from '../text.js';

/** Codes that work once each. Whoever changes some has changed their factor before, so that nobody waits for each other. */
export class SqlFactorCodes {
  readonly #database: Database;
  readonly #factors: string;
  readonly #codes: string;

  constructor(database: Database) {
    this.#database = database;
    this.#factors = database.table('factors');
    this.#codes = database.table('factor_codes');
  }

  async replace(factorId: string, codeHashes: readonly string[]): Promise<void> {
    const id = toSqlText(factorId);
    const codes = [...new Set(codeHashes)].map((hash) => ({ factor_id: id, code_hash: toSqlText(hash) }));
    const columns = Object.keys({ factor_id: id, code_hash: '' });
    const isThere = await this.#database.changeBeside('replace codes', async ({ change }) => {
      const locked = await change(`UPDATE ${this.#factors} SET name = name WHERE id = $1`, [id]);
      if (locked === 0) return false;
      await change(`DELETE FROM ${this.#codes} WHERE factor_id = $1`, [id]);
      const kept = this.#database.recordsIn('$1', this.#codes, columns);
      await change(`INSERT INTO ${this.#codes} (${columns.join(', ')}) ${kept}`, [JSON.stringify(codes)]);
      return true;
    });
    if (!isThere) throw new StoreError('Could not replace codes: there is no such factor');
  }

  /** Of all that use it at the same time the one does it that deletes it. */
  use(factorId: string, codeHash: string, at: number): Promise<boolean> {
    const [id, hash] = [toSqlText(factorId), toSqlText(codeHash)];
    const isThere = `SELECT 1 FROM ${this.#codes} WHERE factor_id = $2 AND code_hash = $3`;
    return this.#database.changeBeside('use a code', async ({ change }) => {
      const noted = await change(
        `UPDATE ${this.#factors} SET last_used_at = $1
         WHERE id = $2 AND confirmed_at IS NOT NULL AND EXISTS (${isThere})`,
        [at, id, hash],
      );
      if (noted === 0) return false;
      const deletion = `DELETE FROM ${this.#codes} WHERE factor_id = $1 AND code_hash = $2`;
      return (await change(deletion, [id, hash])) === 1;
    });
  }

  async count(factorId: string): Promise<number> {
    const [row] = await this.#database.read(
      'count codes',
      ['count(*)'],
      `FROM ${this.#codes} WHERE factor_id = $1`,
      [toSqlText(factorId)],
    );
    return Number(row?.['count(*)']);
  }
}
