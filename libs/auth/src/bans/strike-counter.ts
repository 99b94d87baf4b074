import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { RepeatedNotice } from '../async/repeated-notice.js';
import { answerWithin } from '../async/time-limit.js';
import { RecentlyUsed } from '../recently-used.js';

/** How long a limiter may take, in milliseconds, before this instance counts by itself. */
const PATIENCE_MS = 2_000;

/** How long a limiter that did not answer is not asked, in milliseconds: each question would have to wait as long again. */
const UNASKED_MS = 5_000;

/**
 * How many sums of each kind are kept in memory, at most about 60 MB. Each kind has room of its own, because some cost an attacker nothing:
 * one address can think of as many paths as it likes, and must not push out the points of others by it.
 */
const REMEMBERED_SUMS = {
  /** Points of a network by a rule. */
  network: 100_000,
  /** What a network has added to the points of a wider one. */
  share: 50_000,
  /** Points of a proven identity by a rule. */
  identity: 30_000,
  /** Failures at an account, and at one from one network. */
  account: 30_000,
  /** Which paths a rule has seen of somebody. */
  path: 50_000,
  /** Which credentials a rule has seen of somebody. */
  credential: 30_000,
} as const;

/** In how many steps a window passes. */
const STEPS = 64;

/** In how many parts a limiter remembers what is not new. */
const QUARTERS = 4;

/** What is counted. The keys of two kinds never meet. */
export type SumKind = keyof typeof REMEMBERED_SUMS;

/** What a limiter of `rate-limiter-flexible` has that is needed here. Its own points, duration and blocking play no part. */
export type StrikeLimiter = Pick<RateLimiterAbstract, 'penalty' | 'get' | 'delete'>;

/** Sums of points in fixed windows. Adding is atomic in whatever keeps them. */
interface WindowSums {
  /** Adds points to a sum that may be forgotten after so many seconds, and returns it. */
  add(kind: SumKind, key: string, points: number, seconds: number): MaybePromise<number>;
  get(kind: SumKind, key: string): MaybePromise<number>;
  /** Whether nobody has asked about the key within so many seconds before now (milliseconds since the epoch). */
  isNew(kind: SumKind, key: string, seconds: number, now: number): MaybePromise<boolean>;
  delete(kind: SumKind, key: string): unknown;
}

/**
 * The points of each key in a window that slides: those of the current fixed window, and of the one before it the share that is
 * not over yet, in steps. Two numbers for each key are enough, and two instances that share a limiter count as one.
 *
 * What is counted in this process is counted at once, and answered without a promise: whoever comes next is already judged by it.
 */
export class StrikeCounter {
  readonly #sums: WindowSums;

  /**
   * @param now the clock, in milliseconds since the epoch
   * @param limiter where the sums are kept; in this process by default
   */
  constructor(
    private readonly now: () => number,
    limiter?: StrikeLimiter,
  ) {
    this.#sums = limiter === undefined ? new RememberedSums() : new LimitedSums(limiter);
  }

  /** Adds points to a key and returns what it has within the last so many seconds, these included. */
  add(kind: SumKind, key: string, points: number, windowSeconds: number): MaybePromise<number> {
    const { index, share } = this.#windowOf(windowSeconds);
    return chain(this.#sums.add(kind, sumOf(key, index), points, 2 * windowSeconds), (current) =>
      this.#withRest(current, kind, key, index, share),
    );
  }

  /** What a key has within the last so many seconds. */
  get(kind: SumKind, key: string, windowSeconds: number): MaybePromise<number> {
    const { index, share } = this.#windowOf(windowSeconds);
    return chain(this.#sums.get(kind, sumOf(key, index)), (current) =>
      this.#withRest(current, kind, key, index, share),
    );
  }

  /**
   * Whether the key was not asked about within the last so many seconds, or through a limiter within up to a quarter more; of concurrent
   * calls one gets `true`.
   */
  isNew(kind: SumKind, key: string, windowSeconds: number): MaybePromise<boolean> {
    return this.#sums.isNew(kind, `new ${key}`, windowSeconds, this.now());
  }

  /** Forgets the points of a key. */
  async reset(kind: SumKind, key: string, windowSeconds: number): Promise<void> {
    const { index } = this.#windowOf(windowSeconds);
    await Promise.all([index, index - 1].map((window) => this.#sums.delete(kind, sumOf(key, window))));
  }

  /** Adds the share of the window before that is not over, rounded up. */
  #withRest(current: number, kind: SumKind, key: string, index: number, share: number): MaybePromise<number> {
    return chain(
      this.#sums.get(kind, sumOf(key, index - 1)),
      (previous) => current + Math.ceil(previous * share),
    );
  }

  /**
   * Which window it is, and how much of the one before still counts: whole steps, so that a burst across the border reaches its limit at
   * the limit. A share that shrinks by the millisecond gives back a little while the burst goes on.
   */
  #windowOf(seconds: number): { index: number; share: number } {
    const windows = this.now() / (seconds * 1000);
    const index = Math.floor(windows);
    return { index, share: Math.ceil((1 - (windows - index)) * STEPS) / STEPS };
  }
}

function sumOf(key: string, window: number): string {
  return `${key} ${window}`;
}

/** No timer for each sum, as a limiter in memory has: what is old is pushed out by what is new. */
class RememberedSums implements WindowSums {
  readonly #sums = new Map<SumKind, RecentlyUsed<number>>();

  add(kind: SumKind, key: string, points: number): number {
    const sums = this.#of(kind);
    const sum = (sums.get(key) ?? 0) + points;
    sums.set(key, sum);
    return sum;
  }

  get(kind: SumKind, key: string): number {
    return this.#of(kind).get(key) ?? 0;
  }

  isNew(kind: SumKind, key: string, seconds: number, now: number): boolean {
    const asked = this.#of(kind);
    const last = asked.get(key);
    asked.set(key, now);
    return last === undefined || Math.abs(now - last) >= seconds * 1000;
  }

  delete(kind: SumKind, key: string): void {
    this.#of(kind).delete(key);
  }

  /** Made when first needed: a cache has its memory from the start. */
  #of(kind: SumKind): RecentlyUsed<number> {
    const known = this.#sums.get(kind);
    if (known !== undefined) return known;
    const made = new RecentlyUsed<number>(REMEMBERED_SUMS[kind]);
    this.#sums.set(kind, made);
    return made;
  }
}

/** While the limiter can't be asked, each instance counts by itself: an attack is no time to stop counting. */
class LimitedSums implements WindowSums {
  readonly #own = new RememberedSums();
  readonly #notice = new RepeatedNotice(
    'Strikes are counted in this process alone: the shared limiter failed',
  );
  #askAgainAt = 0;

  constructor(private readonly limiter: StrikeLimiter) {}

  async add(kind: SumKind, key: string, points: number, seconds: number): Promise<number> {
    return this.#ask(
      async () => (await this.limiter.penalty(key, points, { customDuration: seconds })).consumedPoints,
      () => this.#own.add(kind, key, points),
    );
  }

  async get(kind: SumKind, key: string): Promise<number> {
    return this.#ask(
      async () => (await this.limiter.get(key))?.consumedPoints ?? 0,
      () => this.#own.get(kind, key),
    );
  }

  /** A limiter keeps no times: which quarters of the last window it was asked in says enough. */
  async isNew(kind: SumKind, key: string, seconds: number, now: number): Promise<boolean> {
    const quarter = Math.floor((now * QUARTERS) / (seconds * 1000));
    if ((await this.add(kind, sumOf(key, quarter), 1, 2 * seconds)) > 1) return false;
    const before = Array.from({ length: QUARTERS }, (_, index) => quarter - 1 - index);
    const sums = await Promise.all(before.map((earlier) => this.get(kind, sumOf(key, earlier))));
    return sums.every((sum) => sum === 0);
  }

  async delete(kind: SumKind, key: string): Promise<void> {
    this.#own.delete(kind, key);
    await this.#ask(
      () => this.limiter.delete(key),
      () => false,
    );
  }

  async #ask<T>(shared: () => Promise<T>, own: () => T): Promise<T> {
    const asked = performance.now();
    if (asked < this.#askAgainAt) return own();
    try {
      return await answerWithin(PATIENCE_MS, 'the limiter', shared());
    } catch (error) {
      const now = performance.now();
      if (now - asked >= PATIENCE_MS) this.#askAgainAt = now + UNASKED_MS;
      this.#notice.log(error);
      return own();
    }
  }
}
