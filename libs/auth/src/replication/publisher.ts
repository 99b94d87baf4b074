import { Logger } from '@nestjs/common';
import { newBackoff } from '../async/backoff.js';
import { PortcullisError } from '../errors.js';
import type { Change, ChangeFeed } from './change-feed.js';

/** Tells all instances of changes: at once, or else as soon as it can. */
export class Publisher {
  readonly #logger = new Logger('Portcullis');
  #waiting: Change[] = [];
  #isRetrying = false;
  #isClosed = false;

  constructor(private readonly feed: ChangeFeed | undefined) {}

  /** @throws PortcullisError `temporarily_unavailable` when the others may not know of it yet */
  async publish(change: Change): Promise<void> {
    try {
      await this.feed?.publish(change);
    } catch (cause) {
      this.#logger.error(`A change could not be told to other instances, and will be: ${cause}`);
      this.#keep(change);
      if (!this.#isRetrying) void this.#retry();
      const reason = 'the change is kept, but other instances may not know of it yet';
      throw new PortcullisError('temporarily_unavailable', reason, { retryAfterSeconds: 1, cause });
    }
  }

  /** How many changes could not be told yet; of bans there is at most one. */
  get unpublishedChanges(): number {
    return this.#waiting.length;
  }

  /** What could not be told by now never will be: the others read it when they start again. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * An attacker can cause as many bans as they like while the feed is away, so of those it is enough to know that there were any.
   * Revocations and changes of keys are decided one by one, and none may be lost.
   */
  #keep(change: Change): void {
    const isOfBans = change.kind === 'bans' || change.kind === 'all-bans';
    if (isOfBans) this.#waiting = this.#waiting.filter(({ kind }) => kind !== 'all-bans');
    this.#waiting.push(isOfBans ? { kind: 'all-bans' } : change);
  }

  async #retry(): Promise<void> {
    this.#isRetrying = true;
    const pauses = newBackoff();
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const change = this.#waiting[0] as Change;
      try {
        await this.feed?.publish(change);
        this.#waiting = this.#waiting.filter((waiting) => waiting !== change);
      } catch {
        await pauses.next();
      }
    }
    this.#isRetrying = false;
  }
}
