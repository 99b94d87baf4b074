import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { RepeatedNotice } from '../async/repeated-notice.js';
import { answerWithin } from '../async/time-limit.js';
import type { RememberedSums } from './remembered-sums.js';
import type { SlidingSums, SumKind } from './sliding-sums.js';
import { shareLeft } from './window-share.js';

/** How long a limiter may take, in milliseconds, before this instance counts by itself. */
const PATIENCE_MS = 2_000;

/** How long a limiter that did not answer is not asked, in milliseconds: each question would have to wait as long again. */
const UNASKED_MS = 5_000;

/** In how many parts a limiter remembers what is not new. */
const QUARTERS = 4;

/** What a limiter of `rate-limiter-flexible` has that is needed here. Its own points, duration and blocking play no part. */
export type StrikeLimiter = Pick<RateLimiterAbstract, 'penalty' | 'get' | 'delete'>;

/**
 * Sums that instances share, by what their clocks have in common: one for each window of the clock. Two numbers for each key are enough.
 *
 * Each instance counts by itself, too, and goes by that while the limiter can't be asked: an attack is no time to begin anew.
 */
export class LimitedSums implements SlidingSums {
  readonly #notice = new RepeatedNotice(
    'Strikes are counted in this process alone: the shared limiter failed',
  );
  #askAgainAt = 0;

  /**
   * @param now the clock, in milliseconds since the epoch
   * @param own what this instance has seen itself
   */
  constructor(
    private readonly now: () => number,
    private readonly limiter: StrikeLimiter,
    private readonly own: RememberedSums,
  ) {}

  async add(kind: SumKind, key: string, points: number, seconds: number): Promise<number> {
    const { window, share } = this.#windowOf(seconds);
    return this.#ask(this.own.add(kind, key, points, seconds), async () => {
      const current = await this.#addTo(sumOf(key, window), points, 2 * seconds);
      return current + Math.ceil((await this.#pointsOf(sumOf(key, window - 1))) * share);
    });
  }

  async get(kind: SumKind, key: string, seconds: number): Promise<number> {
    const { window, share } = this.#windowOf(seconds);
    return this.#ask(this.own.get(kind, key, seconds), async () => {
      const current = await this.#pointsOf(sumOf(key, window));
      return current + Math.ceil((await this.#pointsOf(sumOf(key, window - 1))) * share);
    });
  }

  /** A limiter keeps no times: which quarters of the last window it was asked in says enough. */
  async isNew(kind: SumKind, key: string, seconds: number): Promise<boolean> {
    const quarter = Math.floor((this.now() * QUARTERS) / (seconds * 1000));
    return this.#ask(this.own.isNew(kind, key, seconds), async () => {
      // Here points and what is new are in one place.
      const sum = `new ${key}`;
      if ((await this.#addTo(sumOf(sum, quarter), 1, 2 * seconds)) > 1) return false;
      const before = Array.from({ length: QUARTERS }, (_, index) => quarter - 1 - index);
      const sums = await Promise.all(before.map((earlier) => this.#pointsOf(sumOf(sum, earlier))));
      return sums.every((sum) => sum === 0);
    });
  }

  async delete(kind: SumKind, key: string, seconds: number): Promise<void> {
    this.own.delete(kind, key);
    const { window } = this.#windowOf(seconds);
    await this.#ask(undefined, async () => {
      await Promise.all([window, window - 1].map((each) => this.limiter.delete(sumOf(key, each))));
    });
  }

  async #addTo(sum: string, points: number, seconds: number): Promise<number> {
    return (await this.limiter.penalty(sum, points, { customDuration: seconds })).consumedPoints;
  }

  async #pointsOf(sum: string): Promise<number> {
    return (await this.limiter.get(sum))?.consumedPoints ?? 0;
  }

  #windowOf(seconds: number): { window: number; share: number } {
    const windows = this.now() / (seconds * 1000);
    const window = Math.floor(windows);
    return { window, share: shareLeft(windows - window) };
  }

  async #ask<T>(own: T, shared: () => Promise<T>): Promise<T> {
    const asked = performance.now();
    if (asked < this.#askAgainAt) return own;
    try {
      return await answerWithin(PATIENCE_MS, 'the limiter', shared());
    } catch (error) {
      const now = performance.now();
      if (now - asked >= PATIENCE_MS) this.#askAgainAt = now + UNASKED_MS;
      this.#notice.log(error);
      return own;
    }
  }
}

function sumOf(key: string, window: number): string {
  return `${key} ${window}`;
}
