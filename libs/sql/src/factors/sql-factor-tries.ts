import type { FactorTries, TryLimits } from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import { toSqlText } from '../text.js';

/** Tries of users since they have proven themselves last. */
export class SqlFactorTries {
  readonly #database: Database;
  readonly #tries: string;

  constructor(database: Database) {
    this.#database = database;
    this.#tries = database.table('factor_tries');
  }

  /**
   * Counted by one statement, which also says when the next one may begin: so of many at once, none begins beside the one that it has to
   * wait for.
   *
   * @returns for how many milliseconds the user has to wait, or 0 for a try that has begun
   */
  begin(tries: FactorTries, { free, firstDelayMs, longestDelayMs }: TryLimits, at: number): Promise<number> {
    const user = valuesOf(tries);
    const firstDelay = Math.min(firstDelayMs, longestDelayMs);
    return this.#database.changeBeside('begin a try', async ({ change, rows }) => {
      const counted = await change(
        `INSERT INTO ${this.#tries} AS tried (subject, issuer, kind, tries, tried_at, delay_ms)
         VALUES ($1, $2, $3, 1, $4, $5)
         ON CONFLICT (subject, issuer, kind) DO UPDATE
         SET tries = tried.tries + 1, tried_at = excluded.tried_at,
             delay_ms = CASE WHEN tried.tries + 1 < $6 THEN 0
                             WHEN tried.delay_ms = 0 THEN $7
                             WHEN 2 * tried.delay_ms < $8 THEN 2 * tried.delay_ms
                             ELSE $8 END
         WHERE tried.tried_at + tried.delay_ms <= excluded.tried_at`,
        [...user, at, free > 1 ? 0 : firstDelay, free, firstDelay, longestDelayMs],
      );
      if (counted === 1) return 0;
      const ofUser = 'subject = $1 AND issuer = $2 AND kind = $3';
      const [row] = await rows(
        `SELECT tried_at + delay_ms AS next_at FROM ${this.#tries} WHERE ${ofUser}`,
        user,
      );
      return Math.max(1, Number(row?.next_at) - at);
    });
  }

  async forget(tries: FactorTries): Promise<void> {
    await this.#database.changeBeside('forget tries', ({ change }) =>
      change(`DELETE FROM ${this.#tries} WHERE subject = $1 AND issuer = $2 AND kind = $3`, valuesOf(tries)),
    );
  }
}

function valuesOf({ issuer, subject, kind }: FactorTries): Value[] {
  return [toSqlText(subject), toSqlText(issuer), toSqlText(kind)];
}
