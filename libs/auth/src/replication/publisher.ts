import { Logger } from '@nestjs/common';
import { newBackoff } from '../async/backoff.js';
import { answerWithin } from '../async/time-limit.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { ChangeDefinition, ChangeKind, ChangeKinds, ChangeOf } from './change-definition.js';
import type { Change, ChangeFeed } from './change-feed.js';

/** How long a feed of somebody else's may take, in milliseconds: what hangs for ever must not hold up what comes after it. */
const PATIENCE_MS = 10_000;

/** A change that could not be published yet. */
interface Waiting {
  readonly definition: ChangeDefinition;
  readonly change: ChangeOf<ChangeKind>;
}

/** Publishes changes to all instances: at once, or else as soon as it can. */
export class Publisher {
  readonly #logger = new Logger('Portcullis');
  #waiting: Waiting[] = [];
  #isRetrying = false;
  #isClosed = false;

  constructor(private readonly feed: ChangeFeed | undefined) {}

  /** @throws PortcullisError `temporarily_unavailable` when the others may not know of it yet */
  async publish<Kind extends ChangeKind>(
    definition: ChangeDefinition<Kind>,
    facts: ChangeKinds[Kind],
  ): Promise<void> {
    const change: ChangeOf<Kind> = { ...facts, kind: definition.kind };
    try {
      await this.#send(change);
    } catch (cause) {
      this.#logger.error(`A change could not be published to other instances, and will be: ${cause}`);
      this.#keep({ definition: definition as ChangeDefinition, change });
      if (!this.#isRetrying) void this.#retry();
      const reason = 'the change is kept, but other instances may not know of it yet';
      throw new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1, cause });
    }
  }

  /** How many changes could not be published yet. Of a kind that is coalesced there is at most one, beside one under way. */
  get unpublishedChanges(): number {
    return this.#waiting.length;
  }

  /** What could not be published by now never will be: the others read it when they start again. */
  close(): void {
    this.#isClosed = true;
  }

  async #send(change: Change): Promise<void> {
    if (this.feed !== undefined)
      await answerWithin(PATIENCE_MS, 'the change feed', this.feed.publish(change));
  }

  /** What is decided one by one is kept one by one, and none is lost; of what can be coalesced there is one. */
  #keep({ definition, change }: Waiting): void {
    const other = this.#waiting.find((waiting) => waiting.definition === definition);
    const coalesced = other && definition.coalesce?.(other.change, change);
    if (coalesced !== undefined) this.#waiting = this.#waiting.filter((waiting) => waiting !== other);
    this.#waiting.push({ definition, change: coalesced ?? change });
  }

  /** One that can never be published must not hold up a revocation: it goes to the end, since changes may come out of order. */
  async #retry(): Promise<void> {
    this.#isRetrying = true;
    let backoff = newBackoff();
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const next = this.#waiting[0] as Waiting;
      try {
        await this.#send(next.change);
        this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
        backoff = newBackoff();
      } catch {
        if (this.#waiting[0] === next) this.#waiting.push(this.#waiting.shift() as Waiting);
        await backoff.next();
      }
    }
    this.#isRetrying = false;
  }
}
