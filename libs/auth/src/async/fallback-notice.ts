import { Log } from '../log.js';

const REPEATED_AFTER_MS = 60_000;

/** Logs that something shared can't be had, so that each instance goes on by itself: at once, and then every minute. */
export class FallbackNotice {
  readonly #logger = new Log();
  #loggedAt = Number.NEGATIVE_INFINITY;

  /** @param what what is done in this process alone meanwhile */
  constructor(private readonly what: string) {}

  log(error: unknown): void {
    const now = performance.now();
    if (now - this.#loggedAt < REPEATED_AFTER_MS) return;
    this.#loggedAt = now;
    this.#logger.warn(`${this.what} in this process alone: the shared limiter failed: ${error}`);
  }
}
