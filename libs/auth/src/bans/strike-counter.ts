import type { MaybePromise } from '../async/maybe-promise.js';
import { LimitedSums, type StrikeLimiter } from './limited-sums.js';
import { RememberedSums } from './remembered-sums.js';
import type { SlidingSums, SumKind } from './sliding-sums.js';

/**
 * Counts points. What is counted in this process is counted at once, and answered without a promise: whoever comes next is already judged
 * by it. Two instances that share a limiter count as one.
 */
export class StrikeCounter {
  readonly #sums: SlidingSums;

  /**
   * @param now the clock, in milliseconds since the epoch
   * @param limiter where the sums are kept; in this process by default
   */
  constructor(now: () => number, limiter?: StrikeLimiter) {
    const own = new RememberedSums(now);
    this.#sums = limiter === undefined ? own : new LimitedSums(now, limiter, own);
  }

  /** Adds points to a key and returns what it has within the last so many seconds, these included. */
  add(kind: SumKind, key: string, points: number, windowSeconds: number): MaybePromise<number> {
    return this.#sums.add(kind, key, points, windowSeconds);
  }

  /** What a key has within the last so many seconds. */
  get(kind: SumKind, key: string, windowSeconds: number): MaybePromise<number> {
    return this.#sums.get(kind, key, windowSeconds);
  }

  /**
   * Whether the key was not asked about within the last so many seconds, or through a limiter within up to a quarter more; of concurrent
   * calls one gets `true`.
   */
  isNew(kind: SumKind, key: string, windowSeconds: number): MaybePromise<boolean> {
    return this.#sums.isNew(kind, key, windowSeconds);
  }

  /** Forgets the points of a key. */
  async reset(kind: SumKind, key: string, windowSeconds: number): Promise<void> {
    await this.#sums.delete(kind, key, windowSeconds);
  }
}
