import {
  type Change,
  type ChangeFeed,
  type ChangeFollower,
  formatChange,
  parseChange,
  type StopFollowing,
} from '@portcullis/auth';
import type { Database } from '../database.js';
import { Pause } from './pause.js';

/** Changes that are read at a time. */
const PAGE = 1_000;
/** How long changes are kept for instances that are cut off, in milliseconds. */
const KEPT_MS = 3_600_000;
const TRIMMED_EVERY_MS = 60_000;
/** Changes that are published in one transaction at most. */
const BATCH = 500;
/** How often it is looked whether the numbers went back, as after a backup was restored; in milliseconds. */
const CHECKED_EVERY_MS = 1_000;
/** After a failure, in milliseconds. */
const LONGEST_PAUSE = 1_000;

/** A change on its way into the table. */
interface Publication {
  readonly text: string;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A feed of changes in a table, for the processes that share a database. Who follows asks for what comes after the last number that
 * it has seen: at once where it is woken, and every few milliseconds in any case.
 */
export class SqlChangeFeed implements ChangeFeed {
  readonly #database: Database;
  readonly #changes: string;
  readonly #pollMs: number;
  readonly #pauses = new Set<Pause>();
  #waiting: Publication[] = [];
  #isPublishing = false;
  #trimmedAt = 0;

  readonly now?: () => Promise<number>;

  /** @param pollMs the time between two questions, in milliseconds */
  constructor(database: Database, pollMs: number) {
    this.#database = database;
    this.#changes = database.table('changes');
    this.#pollMs = pollMs;
    if (database.now !== undefined) this.now = database.now.bind(database);
  }

  publish(change: Change): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text: formatChange(change), resolve, reject });
      if (!this.#isPublishing) void this.#publishWaiting();
    });
  }

  async follow(follower: ChangeFollower): Promise<StopFollowing> {
    const pause = new Pause();
    let isStopped = false;
    const start = await this.#lastSequence();
    const stopHearing = await this.#database.bell?.hear(() => pause.end());
    this.#pauses.add(pause);
    const following = this.#followFrom(start, follower, pause, () => isStopped);
    return async () => {
      isStopped = true;
      this.#pauses.delete(pause);
      pause.end();
      await Promise.all([following, stopHearing?.()]);
    };
  }

  /** What comes while a transaction is under way goes into the next one together: side by side they would only be in each other's way. */
  async #publishWaiting(): Promise<void> {
    this.#isPublishing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#insert(batch.map(({ text }) => text));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      for (const pause of this.#pauses) pause.end();
    }
    this.#isPublishing = false;
  }

  async #insert(texts: readonly string[]): Promise<void> {
    const now = Date.now();
    const columns = ['sequence', 'published_at', 'change'];
    const rows = texts.map((change, index) => ({ sequence: index + 1, published_at: now, change }));
    await this.#database.change('publish a change', async (transaction) => {
      await transaction.change(
        `WITH fresh (place, at, text) AS (${this.#database.recordsIn('$1', this.#changes, columns)})
         INSERT INTO ${this.#changes} (${columns.join(', ')})
         SELECT place + (SELECT coalesce(max(sequence), 0) FROM ${this.#changes}), at, text FROM fresh`,
        [JSON.stringify(rows)],
      );
      await this.#database.bell?.ring(transaction);
      // The last one stays, because the numbers go on from it.
      if (now - this.#trimmedAt >= TRIMMED_EVERY_MS)
        await transaction.change(
          `DELETE FROM ${this.#changes} WHERE published_at < $1
             AND sequence < (SELECT max(sequence) FROM ${this.#changes})`,
          [now - KEPT_MS],
        );
    });
    if (now - this.#trimmedAt >= TRIMMED_EVERY_MS) this.#trimmedAt = now;
  }

  async #followFrom(
    start: number,
    follower: ChangeFollower,
    pause: Pause,
    isStopped: () => boolean,
  ): Promise<void> {
    let last = start;
    let checkedAt = performance.now();
    let pauseMs = this.#pollMs;
    while (!isStopped()) {
      await pause.begin(pauseMs);
      if (isStopped()) return;
      try {
        if (performance.now() - checkedAt >= CHECKED_EVERY_MS) {
          last = await this.#checked(last, follower);
          checkedAt = performance.now();
        }
        last = await this.#tellAfter(last, follower);
        if (!isStopped()) follower.upToDate();
        pauseMs = this.#pollMs;
      } catch {
        // The database can't be asked, of which the follower is told by silence.
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE);
      }
    }
  }

  /** @returns the number that was told last */
  async #tellAfter(last: number, follower: ChangeFollower): Promise<number> {
    for (let position = last; ; ) {
      const rows = await this.#database.read(
        'follow changes',
        ['sequence', 'change'],
        `FROM ${this.#changes} WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
        [position, PAGE],
      );
      for (const { sequence, change } of rows) {
        if (Number(sequence) !== position + 1) follower.missed();
        position = Number(sequence);
        const told = parseChange(change as string);
        if (told === undefined) follower.missed();
        else follower.changed(told);
      }
      if (rows.length < PAGE) return position;
    }
  }

  async #checked(last: number, follower: ChangeFollower): Promise<number> {
    const newest = await this.#lastSequence();
    if (newest >= last) return last;
    follower.missed();
    return newest;
  }

  async #lastSequence(): Promise<number> {
    const [row] = await this.#database.read(
      'follow changes',
      ['coalesce(max(sequence), 0)'],
      `FROM ${this.#changes}`,
      [],
    );
    return Number(Object.values(row ?? { last: 0 })[0]);
  }
}
