import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { Log } from '../log.js';

/** How long a fetched document is used, in seconds. */
export interface RemoteTimes {
  /** A document older than this is fetched again, in the background. While its server answers, what was taken out of it is refused after it. */
  readonly refreshSeconds: number;
  /** Through an outage of the server the last good document serves for this long, and never for longer. */
  readonly maxAgeSeconds: number;
  /** Between two fetches at least this much time passes, whatever requests ask for. */
  readonly cooldownSeconds: number;
  /** The same after a fetch that failed. */
  readonly retrySeconds: number;
}

/** What a server elsewhere publishes, kept for a while. Nothing is fetched before it is needed. */
export class RemoteDocument<T> {
  readonly #logger = new Log();
  #content: T | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  #fetching: Promise<void> | undefined;

  /**
   * @param name for messages, such as 'the keys of https://login.example'
   * @param fetch fetches and reads it
   * @param now milliseconds since the epoch
   */
  constructor(
    private readonly name: string,
    private readonly fetch: () => Promise<T>,
    private readonly times: RemoteTimes,
    private readonly now: () => number,
  ) {}

  /** Whether the last attempt to fetch it failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** What can be answered from at once; it is renewed in the background. Undefined after a long silence: then wait for {@link renewed}. */
  current(): T | undefined {
    const age = this.#ageSeconds();
    if (this.#content !== undefined && age >= this.times.refreshSeconds) void this.#refresh();
    return age < 2 * this.times.refreshSeconds || this.#isFailing ? this.#usable(age) : undefined;
  }

  /**
   * The newest that can be had, fetched now unless it has just been.
   *
   * @throws PortcullisError `temporarily_unavailable` when there is none that is young enough
   */
  async renewed(): Promise<T> {
    await this.#refresh();
    const content = this.#usable(this.#ageSeconds());
    if (content === undefined) throw this.unavailable();
    return content;
  }

  /** The refusal of what can't be decided without it. */
  unavailable(): PortcullisError {
    return new PortcullisError(TEMPORARILY_UNAVAILABLE, `${this.name} can't be had`, {
      retryAfterSeconds: this.times.retrySeconds,
    });
  }

  /** One fetch at a time, and none within the cool-down: an attacker's requests cost the server next to nothing. */
  #refresh(): Promise<void> {
    if (this.#fetching !== undefined) return this.#fetching;
    const pause = this.#isFailing ? this.times.retrySeconds : this.times.cooldownSeconds;
    if (since(this.#attemptedAt, this.now()) < pause * 1000) return Promise.resolve();
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      this.#content = await this.fetch();
      this.#fetchedAt = this.now();
      this.#isFailing = false;
    } catch (error) {
      this.#isFailing = true;
      const cause = error instanceof Error && error.cause ? ` (${error.cause})` : '';
      this.#logger.warn(`Could not fetch ${this.name}: ${error}${cause}`);
    } finally {
      this.#attemptedAt = this.now();
    }
  }

  #usable(ageSeconds: number): T | undefined {
    return ageSeconds < this.times.maxAgeSeconds ? this.#content : undefined;
  }

  #ageSeconds(): number {
    return since(this.#fetchedAt, this.now()) / 1000;
  }
}

/** The time that has passed. A clock that was set back shows nothing, so it counts as very long. */
function since(then: number, now: number): number {
  return now < then ? Number.POSITIVE_INFINITY : now - then;
}
