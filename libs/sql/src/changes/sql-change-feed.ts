import { setImmediate as nextTurn, setTimeout } from 'node:timers/promises';
import {
  type Change,
  type ChangeFeed,
  type ChangeFollower,
  formatChange,
  type OpenTransaction,
  parseChange,
  type StopFollowing,
} from '@portcullis/auth';
import { type Database, JoinableTransaction, type Transaction, type Value } from '../database.js';
import { StoreError } from '../store-error.js';
import { Pause } from './pause.js';

/** Changes that are read at a time. */
const PAGE = 1_000;
/** How long changes are kept for instances that are cut off, in milliseconds. */
const KEPT_MS = 3_600_000;
const TRIMMED_EVERY_MS = 60_000;
/** Changes that are forgotten in one transaction, and milliseconds between two of them: others are to have their turn. */
const TRIMMED_AT_ONCE = 1_000;
const TRIM_PAUSE_MS = 5;
/** Changes that are published in one transaction at most. */
const BATCH = 500;
/** After a failure, in milliseconds. */
const LONGEST_PAUSE = 1_000;

/**
 * By how much a clock may be behind the newest change, in milliseconds: it may have been ahead before, and by then stores have forgotten
 * nothing that is not over.
 */
const LONGEST_STEP_BACK = 3_600_000;

/** A change in the table, and what tells it from another one that has come by the same number. */
interface Place {
  readonly sequence: number;
  readonly publishedAt: number;
  readonly text: string;
}

const BEFORE_ALL: Place = { sequence: 0, publishedAt: 0, text: '' };

/** A change on its way into the table. */
interface Publication {
  readonly text: string;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A change feed in a table, for the processes that share a database. Who follows asks for what comes after the last number that
 * it has seen: at once where it is woken, and every few milliseconds in any case.
 */
export class SqlChangeFeed implements ChangeFeed {
  readonly #database: Database;
  readonly #changes: string;
  readonly #pollMs: number;
  readonly #pauses = new Set<Pause>();
  #waiting: Publication[] = [];
  #isPublishing = false;
  /** By the monotonic clock, in milliseconds. */
  #trimmedAt = Number.NEGATIVE_INFINITY;

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

  publishWith(
    changes: readonly Change[],
    keep: (transaction: OpenTransaction) => Promise<void>,
  ): Promise<void> {
    return this.#insert(changes.map(formatChange), (transaction) =>
      new JoinableTransaction(this.#database, transaction).lendTo(keep),
    );
  }

  /** @throws Error also when time has gone back since the newest change */
  async follow(follower: ChangeFollower): Promise<StopFollowing> {
    const pause = new Pause();
    let isStopped = false;
    const start = await this.#newest();
    this.#demandTimeSince(start.publishedAt);
    const stopListening = await this.#database.notifications?.listen(() => pause.end());
    this.#pauses.add(pause);
    const following = this.#followFrom(start, follower, pause, () => isStopped);
    return async () => {
      isStopped = true;
      this.#pauses.delete(pause);
      pause.end();
      await Promise.all([following, stopListening?.()]);
    };
  }

  /** What comes in one turn, or while a transaction is under way, goes together: side by side they would only be in each other's way. */
  async #publishWaiting(): Promise<void> {
    this.#isPublishing = true;
    await nextTurn();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#insert(batch.map(({ text }) => text));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isPublishing = false;
  }

  /** @param keep what is done in the same transaction */
  async #insert(
    texts: readonly string[],
    keep: (transaction: Transaction) => Promise<void> = async () => {},
  ): Promise<void> {
    const now = Date.now();
    const columns = ['sequence', 'published_at', 'change'];
    const rows = texts.map((change, index) => ({ sequence: index + 1, published_at: now, change }));
    await this.#database.changeBeside('publish a change', async (transaction, turn) => {
      await this.#demandTimeIn(transaction);
      await keep(transaction);
      await this.#database.notifications?.notify(transaction);
      // As late as can be, because from here on the others wait. Numbers that are given one after another have no gaps.
      await turn();
      await transaction.change(
        `WITH fresh (place, at, text) AS (${this.#database.recordsIn('$1', this.#changes, columns)})
         INSERT INTO ${this.#changes} (${columns.join(', ')})
         SELECT place + (SELECT coalesce(max(sequence), 0) FROM ${this.#changes}), at, text FROM fresh`,
        [JSON.stringify(rows)],
      );
    });
    for (const pause of this.#pauses) pause.end();
    void this.#trim();
  }

  /** Whoever goes by another time neither adds to what is there nor hides that it was. */
  async #demandTimeIn({ rows }: Transaction): Promise<void> {
    if (this.now !== undefined) return;
    const newest = `SELECT published_at FROM ${this.#changes} ORDER BY sequence DESC LIMIT 1`;
    for (const { published_at } of await rows(newest)) this.#demandTimeSince(Number(published_at));
  }

  /**
   * Where the database has no clock, the newest change is all that can be told of the time by. What goes far behind it is wrong now, or
   * was when it was ahead, and then revocations were forgotten that are in force by now.
   *
   * @param publishedAt milliseconds since the epoch
   */
  #demandTimeSince(publishedAt: number): void {
    const behind = publishedAt - Date.now();
    if (this.now !== undefined || behind <= LONGEST_STEP_BACK) return;
    throw new StoreError(
      `this machine's clock is ${Math.round(behind / 60_000)} minutes behind the newest change in the database: set it right, or see ` +
        '"A clock that was ahead" in docs/operations/incidents.md',
    );
  }

  /** After the change was published, and bit by bit: there may be millions. What could not be forgotten is, the next time. */
  async #trim(): Promise<void> {
    if (performance.now() - this.#trimmedAt < TRIMMED_EVERY_MS) return;
    this.#trimmedAt = performance.now();
    const before = Date.now() - KEPT_MS;
    try {
      while ((await this.#trimOnce(before)) >= TRIMMED_AT_ONCE - 1)
        await setTimeout(TRIM_PAUSE_MS, undefined, { ref: false });
    } catch {
      // The database can't be asked, or was closed.
    }
  }

  /**
   * Leaves the newest of what is old: whoever has read it finds it there, and the numbers go on from it.
   *
   * @returns how many were forgotten
   */
  #trimOnce(before: number): Promise<number> {
    return this.#database.changeBeside('forget old changes', ({ change }) =>
      change(
        `DELETE FROM ${this.#changes} WHERE sequence < (
           SELECT max(sequence) FROM (
             SELECT sequence, published_at FROM ${this.#changes} ORDER BY sequence LIMIT $1
           ) AS oldest WHERE published_at < ${this.#database.notAfterNow('$2')})`,
        [TRIMMED_AT_ONCE, before],
      ),
    );
  }

  async #followFrom(
    start: Place,
    follower: ChangeFollower,
    pause: Pause,
    isStopped: () => boolean,
  ): Promise<void> {
    let last = start;
    let pauseMs = this.#pollMs;
    while (!isStopped()) {
      await pause.begin(pauseMs);
      if (isStopped()) return;
      const askedAt = performance.now();
      try {
        last = await this.#deliverAfter(last, follower);
        this.#demandTimeSince(last.publishedAt);
        if (!isStopped()) follower.upToDate(askedAt);
        pauseMs = this.#pollMs;
      } catch {
        // The database can't be asked, or time has gone back, which the follower learns from silence.
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE) * (0.5 + Math.random() / 2);
      }
    }
  }

  /**
   * Delivers what has come after a place. The place itself is read again: where it is gone, or another change has come by its
   * number, as after a backup was restored, nothing can be said of what has come meanwhile.
   *
   * @returns what was delivered last
   */
  async #deliverAfter(last: Place, follower: ChangeFollower): Promise<Place> {
    for (let place = last; ; ) {
      const [same, ...rows] = await this.#placesFrom(place);
      if (!isSame(same, place)) {
        // First the place: what comes between it and what is then read again would be lost.
        const newest = await this.#newest();
        follower.missed();
        return newest;
      }
      for (const row of rows) {
        if (row.sequence !== place.sequence + 1) follower.missed();
        place = row;
        const delivered = parseChange(row.text);
        if (delivered === undefined) follower.missed();
        else follower.changed(delivered);
      }
      if (rows.length < PAGE) return place;
    }
  }

  async #placesFrom(place: Place): Promise<readonly Place[]> {
    const which = 'WHERE sequence >= $1 ORDER BY sequence LIMIT $2';
    const places = await this.#places(which, [place.sequence, PAGE + 1]);
    return place === BEFORE_ALL ? [BEFORE_ALL, ...places] : places;
  }

  async #newest(): Promise<Place> {
    const [newest = BEFORE_ALL] = await this.#places('ORDER BY sequence DESC LIMIT 1', []);
    return newest;
  }

  async #places(which: string, values: readonly Value[]): Promise<readonly Place[]> {
    const columns = ['sequence', 'published_at', 'change'];
    const rows = await this.#database.read(
      'follow changes',
      columns,
      `FROM ${this.#changes} ${which}`,
      values,
    );
    return rows.map(({ sequence, published_at, change }) => ({
      sequence: Number(sequence),
      publishedAt: Number(published_at),
      text: String(change),
    }));
  }
}

function isSame(one: Place | undefined, other: Place): boolean {
  return one?.sequence === other.sequence && one.publishedAt === other.publishedAt && one.text === other.text;
}
