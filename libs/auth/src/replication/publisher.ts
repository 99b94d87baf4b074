import { Logger } from '@nestjs/common';
import { newBackoff } from '../async/backoff.js';
import { answerWithin } from '../async/time-limit.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import type { ChangeDefinition, ChangeKind, ChangeKinds, ChangeOf } from './change-definition.js';
import type { Change, ChangeFeed, OpenTransaction } from './change-feed.js';

/** How long a feed of somebody else's may take, in milliseconds: what hangs for ever must not hold up what comes after it. */
const PATIENCE_MS = 10_000;
/** How many of those that wait are published side by side. */
const MOST_AT_ONCE = 256;

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
      throw this.#owed(definition as ChangeDefinition, [change], cause);
    }
  }

  /**
   * Keeps something and publishes the changes that tell of it: in one transaction, where the feed can.
   *
   * @throws what `keep` throws
   * @throws PortcullisError `temporarily_unavailable` when the others may not know of it yet
   */
  async publishWith<Kind extends ChangeKind>(
    definition: ChangeDefinition<Kind>,
    facts: readonly ChangeKinds[Kind][],
    keep: (transaction?: OpenTransaction) => Promise<void>,
  ): Promise<void> {
    const changes = facts.map((each): ChangeOf<ChangeKind> => ({ ...each, kind: definition.kind }));
    let isKept = false;
    const keepNow = async (transaction?: OpenTransaction) => {
      await keep(transaction);
      isKept = true;
    };
    try {
      if (this.feed?.publishWith !== undefined) {
        await answerWithin(PATIENCE_MS, 'the change feed', this.feed.publishWith(changes, keepNow));
      } else {
        await keepNow();
        await Promise.all(changes.map((change) => this.#send(change)));
      }
    } catch (cause) {
      if (!isKept) throw cause;
      throw this.#owed(definition as ChangeDefinition, changes, cause);
    }
  }

  /** How many changes could not be published yet. Of a kind that is coalesced there is at most one, beside one under way. */
  get unpublishedChanges(): number {
    return this.#waiting.length;
  }

  /** What could not be published by now never will be: the others read it when they look again. */
  close(): void {
    this.#isClosed = true;
  }

  async #send(change: Change): Promise<void> {
    if (this.feed !== undefined)
      await answerWithin(PATIENCE_MS, 'the change feed', this.feed.publish(change));
  }

  #owed(
    definition: ChangeDefinition,
    changes: readonly ChangeOf<ChangeKind>[],
    cause: unknown,
  ): PortcullisError {
    this.#logger.error(`A change could not be published to other instances, and will be: ${cause}`);
    for (const change of changes) this.#queue({ definition, change });
    if (!this.#isRetrying) void this.#retry();
    const reason = 'the change is kept, but other instances may not know of it yet';
    return new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1, cause });
  }

  /** What is decided one by one is kept one by one, and none is lost; of what can be coalesced there is one. */
  #queue({ definition, change }: Waiting): void {
    const other = definition.coalesce && this.#waiting.find((waiting) => waiting.definition === definition);
    const coalesced = other && definition.coalesce?.(other.change, change);
    if (coalesced !== undefined) this.#waiting = this.#waiting.filter((waiting) => waiting !== other);
    this.#waiting.push({ definition, change: coalesced ?? change });
  }

  /**
   * Many side by side, for a feed that carries them together, but fewer each time that one fails: one that can never be published must
   * not hold up a revocation. What fails goes to the end, since changes may come out of order.
   */
  async #retry(): Promise<void> {
    this.#isRetrying = true;
    let backoff = newBackoff();
    let atOnce = MOST_AT_ONCE;
    while (this.#waiting.length > 0 && !this.#isClosed) {
      const failed = await this.#sendAgain(this.#waiting.slice(0, atOnce));
      atOnce = failed ? Math.ceil(atOnce / 2) : MOST_AT_ONCE;
      if (failed) await backoff.next();
      else backoff = newBackoff();
    }
    this.#isRetrying = false;
  }

  /** @returns whether any of them failed */
  async #sendAgain(batch: readonly Waiting[]): Promise<boolean> {
    const outcomes = await Promise.allSettled(batch.map(({ change }) => this.#send(change)));
    const failed = new Set(batch.filter((_, index) => outcomes[index]?.status === 'rejected'));
    const tried = new Set(batch);
    // One that was coalesced meanwhile is not here any more.
    const again = this.#waiting.filter((waiting) => failed.has(waiting));
    this.#waiting = [...this.#waiting.filter((waiting) => !tried.has(waiting)), ...again];
    return failed.size > 0;
  }
}
