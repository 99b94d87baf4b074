import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import type { MaybePromise } from '../async/maybe-promise.js';
import { RepeatedNotice } from '../async/repeated-notice.js';
import { answerWithin } from '../async/time-limit.js';
import type { Clock } from '../options/clock.js';
import { RecentlyUsed } from '../recently-used.js';
import { type CountedWindow, CountedWindows } from './counted-windows.js';
import type { RequestLimit } from './request-limit.js';

/** What of a limiter of `rate-limiter-flexible` is needed to count requests. */
export type RateLimiter = Pick<RateLimiterAbstract, 'penalty'>;

/** How long a shared limiter may take, in milliseconds, before this instance counts by itself. */
const PATIENCE_MS = 2_000;

/** How long a limiter that did not answer is not asked, in milliseconds: each request would have to wait as long again. */
const UNASKED_MS = 5_000;

/** How many windows are kept in memory that other instances have counted as well, at most about 25 MB. */
const REMEMBERED_WINDOWS = 50_000;

/** Who is counted: callers can think of as many names as they like, and must push out nobody's address by them. */
export type Counted = 'address' | 'name';

/** What has come of somebody in the window that runs. */
export interface RequestCount {
  /** This one included. */
  readonly count: number;
  /** Until the window is over, in whole seconds, one at least. */
  readonly resetSeconds: number;
}

/**
 * Counts requests by who sends them. What is counted in this process is counted at once, before whatever comes next is looked at; through a
 * shared limiter it is atomic, and waited for.
 */
export class RequestCounter {
  readonly #windows = { address: new CountedWindows(), name: new CountedWindows() };
  /** Windows whose limit is used up for all instances: a flood is no reason to ask again. */
  readonly #usedUp = new RecentlyUsed<CountedWindow>(REMEMBERED_WINDOWS);
  readonly #notice: RepeatedNotice;
  #askAgainAt = 0;

  /**
   * @param what what is counted, for the log
   * @param limiter where it is counted; in this process by default, and while the limiter can't be asked
   */
  constructor(
    private readonly now: Clock,
    what: string,
    private readonly limiter?: RateLimiter,
  ) {
    this.#notice = new RepeatedNotice(`${what} in this process alone: the shared limiter failed`);
  }

  /** Counts a request. @param key of whom, and by which limit */
  count(of: Counted, key: string, limit: RequestLimit): MaybePromise<RequestCount> {
    if (this.limiter === undefined || performance.now() < this.#askAgainAt)
      return this.#countHere(of, key, limit);
    const usedUp = this.#running(this.#usedUp.get(key), limit);
    if (usedUp === undefined || usedUp.count < limit.requests) return this.#ask(this.limiter, of, key, limit);
    usedUp.count++;
    return this.#countOf(usedUp);
  }

  #countHere(of: Counted, key: string, limit: RequestLimit): RequestCount {
    const windows = this.#windows[of];
    let window = this.#running(windows.get(key), limit);
    if (window === undefined) {
      window = { count: 0, endsAt: this.now() + limit.windowSeconds * 1000 };
      windows.begin(key, window);
    }
    windows.count(key, window, limit);
    return this.#countOf(window);
  }

  async #ask(limiter: RateLimiter, of: Counted, key: string, limit: RequestLimit): Promise<RequestCount> {
    const asked = performance.now();
    try {
      const adding = limiter.penalty(key, 1, { customDuration: limit.windowSeconds });
      const { consumedPoints: count, msBeforeNext } = await answerWithin(PATIENCE_MS, 'the limiter', adding);
      const window = { count, endsAt: this.now() + msBeforeNext };
      if (count >= limit.requests) this.#usedUp.set(key, window);
      return this.#countOf(window);
    } catch (error) {
      const now = performance.now();
      if (now - asked >= PATIENCE_MS) this.#askAgainAt = now + UNASKED_MS;
      this.#notice.log(error);
      return this.#countHere(of, key, limit);
    }
  }

  /** The window that is not over. A clock that was set back must not make it longer. */
  #running(window: CountedWindow | undefined, { windowSeconds }: RequestLimit): CountedWindow | undefined {
    if (window === undefined) return undefined;
    const left = window.endsAt - this.now();
    return left > 0 && left <= windowSeconds * 1000 ? window : undefined;
  }

  #countOf({ count, endsAt }: CountedWindow): RequestCount {
    return { count, resetSeconds: Math.max(1, Math.ceil((endsAt - this.now()) / 1000)) };
  }
}
