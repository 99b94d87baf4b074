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
const TRIMMED_EVERY = 500;
/** How often it is looked whether the numbers went back, as after a backup was restored; in milliseconds. */
const CHECKED_EVERY_MS = 1_000;
/** After a failure, in milliseconds. */
const LONGEST_PAUSE = 1_000;

/**
 * A feed of changes in a table, for the processes that share a database. Who follows asks for what comes after the last number that
 * it has seen; its own changes at once, those of others every few milliseconds.
 */
export class SqlChangeFeed implements ChangeFeed {
  readonly #database: Database;
  readonly #changes: string;
  readonly #pollMs: number;
  readonly #pauses = new Set<Pause>();
  #published = 0;

  /** @param pollMs the time between two questions, in milliseconds */
  constructor(database: Database, pollMs: number) {
    this.#database = database;
    this.#changes = database.table('changes');
    this.#pollMs = pollMs;
  }

  async publish(change: Change): Promise<void> {
    const isTrimmed = this.#published++ % TRIMMED_EVERY === 0;
    const now = Date.now();
    await this.#database.change('publish a change', async (transaction) => {
      await transaction.change(
        `INSERT INTO ${this.#changes} (sequence, published_at, change)
         SELECT coalesce(max(sequence), 0) + 1, $1, $2 FROM ${this.#changes}`,
        [now, formatChange(change)],
      );
      // The last one stays, because the numbers go on from it.
      if (isTrimmed)
        await transaction.change(
          `DELETE FROM ${this.#changes} WHERE published_at < $1
             AND sequence < (SELECT max(sequence) FROM ${this.#changes})`,
          [now - KEPT_MS],
        );
    });
    for (const pause of this.#pauses) pause.end();
  }

  async follow(follower: ChangeFollower): Promise<StopFollowing> {
    const pause = new Pause();
    this.#pauses.add(pause);
    let isStopped = false;
    const following = this.#followFrom(await this.#lastSequence(), follower, pause, () => isStopped);
    return async () => {
      isStopped = true;
      this.#pauses.delete(pause);
      pause.end();
      await following;
    };
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
