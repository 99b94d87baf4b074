import { ExpiringMap } from '../revocation/expiring-map.js';

const MINUTE_MS = 60_000;

/** How often each session may still be refreshed by this instance, minute by minute. */
export class RefreshBudget {
  readonly #windows = new ExpiringMap<{ readonly expiresAt: number; count: number }>();

  /** @param perMinute refreshes of one session */
  constructor(private readonly perMinute: number) {}

  /**
   * Notes a refresh.
   *
   * @param now milliseconds of any clock that never goes back
   * @returns undefined where it is within the budget; otherwise after how many seconds there is a new one
   */
  take(sessionId: string, now: number): number | undefined {
    const window = this.#windows.get(sessionId);
    if (window === undefined || window.expiresAt <= now) {
      this.#windows.put(sessionId, { expiresAt: now + MINUTE_MS, count: 1 }, now);
      return undefined;
    }
    window.count++;
    return window.count <= this.perMinute ? undefined : Math.ceil((window.expiresAt - now) / 1000);
  }
}
