import { RecentlyUsed } from '../recently-used.js';
import type { RequestLimit } from './request-limit.js';

/** How many windows are kept in memory of addresses, and of whatever else, at most about 25 MB each; and as many of those who come often. */
const REMEMBERED_WINDOWS = 50_000;

/** What has come of somebody in a window. */
export interface CountedWindow {
  count: number;
  /** Milliseconds since the epoch. */
  readonly endsAt: number;
}

/**
 * Windows by who is counted. Who has used half of a limit, and two requests at least, is kept apart: names that somebody makes up to push
 * them out would each have to come as often.
 */
export class CountedWindows {
  readonly #rare = new RecentlyUsed<CountedWindow>(REMEMBERED_WINDOWS);
  readonly #frequent = new RecentlyUsed<CountedWindow>(REMEMBERED_WINDOWS);

  get(key: string): CountedWindow | undefined {
    return this.#rare.get(key) ?? this.#frequent.get(key);
  }

  /** Begins a window, whatever there was. */
  begin(key: string, window: CountedWindow): void {
    this.#frequent.delete(key);
    this.#rare.set(key, window);
  }

  /** Counts a request in a window that is there. */
  count(key: string, window: CountedWindow, { requests }: RequestLimit): void {
    window.count++;
    if (window.count < Math.max(2, requests / 2) || !this.#rare.delete(key)) return;
    this.#frequent.set(key, window);
  }
}
