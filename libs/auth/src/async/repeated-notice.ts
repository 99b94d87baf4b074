import { Log, textOf } from '../log.js';

const REPEATED_AFTER_MS = 60_000;

/** Logs what goes wrong again and again: at once, and then every minute, so that nobody fills the log by it. */
export class RepeatedNotice {
  readonly #logger = new Log();
  #loggedAt = Number.NEGATIVE_INFINITY;

  /** @param what what comes of it; the error follows */
  constructor(private readonly what: string) {}

  log(error: unknown): void {
    const now = performance.now();
    if (now - this.#loggedAt < REPEATED_AFTER_MS) return;
    this.#loggedAt = now;
    this.#logger.warn(`${this.what}: ${textOf(error)}`);
  }
}
