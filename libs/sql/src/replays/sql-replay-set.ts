import { createHash } from 'node:crypto';
import type { ReplaySet } from '@portcullis/auth';
import type { Database, Migration } from '../database.js';

/** After so many uses, some that are over are forgotten; more than have come since, so that the table stays as small as what it remembers. */
const USES_BETWEEN = 100;
const FORGOTTEN_AT_ONCE = 1_000;

export const REPLAYS_MIGRATION: Migration = (table) => [
  `CREATE TABLE ${table('replays')} (
     id TEXT PRIMARY KEY NOT NULL,
     expires_at BIGINT NOT NULL
   )`,
  `CREATE INDEX ${table('replays_end')} ON ${table('replays')} (expires_at)`,
];

/** What was used once, in an SQL database, by digests of the ids. */
export class SqlReplaySet implements ReplaySet {
  readonly #database: Database;
  readonly #replays: string;
  #uses = 0;

  constructor(database: Database) {
    this.#database = database;
    this.#replays = database.table('replays');
  }

  async firstUse(id: string, seconds: number): Promise<boolean> {
    const milliseconds = Math.ceil(seconds * 1000);
    if (!(milliseconds > 0 && Number.isSafeInteger(milliseconds)))
      throw new RangeError('seconds must be a positive number');
    const { notAfterNow, notBeforeNow } = this.#timesOf('$2');
    const changed = await this.#database.changeBeside('note a use', ({ change }) =>
      change(
        `INSERT INTO ${this.#replays} (id, expires_at) VALUES ($1, ${notBeforeNow} + $3)
         ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
         WHERE ${this.#replays}.expires_at <= ${notAfterNow}`,
        [digestOf(id), Date.now(), milliseconds],
      ),
    );
    this.#uses++;
    if (this.#uses % USES_BETWEEN === 0) await this.#forgetSome();
    return changed === 1;
  }

  async release(id: string): Promise<void> {
    await this.#database.changeBeside('take a use back', ({ change }) =>
      change(`DELETE FROM ${this.#replays} WHERE id = $1`, [digestOf(id)]),
    );
  }

  /** Whose clock is wrong must neither forget too early nor have others do it. */
  #timesOf(parameter: string): { readonly notAfterNow: string; readonly notBeforeNow: string } {
    return {
      notAfterNow: this.#database.notAfterNow(parameter),
      notBeforeNow: this.#database.notBeforeNow(parameter),
    };
  }

  /** Where that fails it is done later; the use was noted all the same. */
  async #forgetSome(): Promise<void> {
    const over = `SELECT id FROM ${this.#replays}
      WHERE expires_at <= ${this.#database.notAfterNow('$1')} ORDER BY expires_at LIMIT $2`;
    try {
      await this.#database.changeBeside('forget uses that are over', ({ change }) =>
        change(`DELETE FROM ${this.#replays} WHERE id IN (${over})`, [Date.now(), FORGOTTEN_AT_ONCE]),
      );
    } catch {
      // The next hundredth use tries again.
    }
  }
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
