import { newBackoff } from '../async/backoff.js';
import { answerWithin } from '../async/time-limit.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { Log, textOf } from '../log.js';
import type { ChangeDefinition, ChangeKind, ChangeKinds, ChangeOf } from './change-definition.js';
import type { Change, ChangeFeed, OpenTransaction } from './change-feed.js';

/** How long a feed of somebody else's may take, in milliseconds: what hangs for ever must not hold up what comes after it. */
const PATIENCE_MS = 10_000;
/** How long a store of somebody else's may take to keep something, in milliseconds. */
const KEEPING_MS = 30_000;
/** How many of those that wait are published side by side. */
const MOST_AT_ONCE = 256;

/** Changes that could not be published yet. */
interface Waiting {
  readonly definition: ChangeDefinition;
  readonly changes: readonly ChangeOf<ChangeKind>[];
  /** Undefined where they may go by themselves; otherwise what it is that they tell of, which may not be kept either. */
  readonly keep?: Keep;
}

/** Keeps something, in the transaction if there is one. To do it again changes nothing. */
type Keep = (transaction?: OpenTransaction) => Promise<void>;

/** What is kept, or done again where that is not known. */
export interface Kept {
  /**
   * Never rejects, and resolves when the others are told of it, or are not for now: why it is not known whether it is kept everywhere, and
   * so is done again, or where the changes can be coalesced only told again; undefined where all went well.
   */
  readonly doubt: Promise<PortcullisError | undefined>;
}

/** Publishes changes to all instances: at once, or else as soon as it can. */
export class Publisher {
  readonly #logger = new Log();
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
      throw this.#owe({ definition: definition as ChangeDefinition, changes: [change] }, cause);
    }
  }

  /**
   * Keeps something and publishes the changes that tell of it: in one transaction, where the feed can. Otherwise it resolves when it is
   * kept: a feed may hang for long, and what holds here must not wait for that.
   *
   * @throws what `keep` throws, where it is not kept
   */
  async publishWith<Kind extends ChangeKind>(
    definition: ChangeDefinition<Kind>,
    facts: readonly ChangeKinds[Kind][],
    keep: Keep,
  ): Promise<Kept> {
    const changes = facts.map((each): ChangeOf<ChangeKind> => ({ ...each, kind: definition.kind }));
    const unit = { definition: definition as ChangeDefinition, changes };
    const together = this.feed?.publishWith?.bind(this.feed);
    if (together !== undefined) {
      const doubt = await this.#publishTogether({ ...unit, keep }, together);
      return { doubt: Promise.resolve(doubt) };
    }
    await answerWithin(KEEPING_MS, 'the store', keep());
    return { doubt: this.#sendAll(unit) };
  }

  async #sendAll(unit: Waiting): Promise<PortcullisError | undefined> {
    try {
      await Promise.all(unit.changes.map((change) => this.#send(change)));
      return undefined;
    } catch (cause) {
      return this.#owe(unit, cause);
    }
  }

  /**
   * Where it was kept in a transaction whose end is not known, it may be there or not: the whole is done again. What can be coalesced is
   * only read again by others, and told again: to do it again later could undo what came since.
   */
  async #publishTogether(
    unit: Required<Waiting>,
    together: NonNullable<ChangeFeed['publishWith']>,
  ): Promise<PortcullisError | undefined> {
    let isKept = false;
    let isOver = false;
    const publishing = together(unit.changes, async (transaction) => {
      await unit.keep(transaction);
      isKept = true;
    }).finally(() => {
      isOver = true;
    });
    try {
      await answerWithin(PATIENCE_MS, 'the change feed', publishing);
      return undefined;
    } catch (cause) {
      if (isOver && !isKept) throw cause;
      const { definition, changes } = unit;
      return this.#owe(definition.coalesce === undefined ? unit : { definition, changes }, cause);
    }
  }

  /** How many changes could not be published yet. Of a kind that is coalesced there is at most one, beside one under way. */
  get unpublishedChanges(): number {
    return this.#waiting.reduce((count, { changes }) => count + changes.length, 0);
  }

  /** What could not be published by now never will be: the others read it when they look again. */
  close(): void {
    this.#isClosed = true;
  }

  async #send(change: Change): Promise<void> {
    if (this.feed !== undefined)
      await answerWithin(PATIENCE_MS, 'the change feed', this.feed.publish(change));
  }

  #owe(waiting: Waiting, cause: unknown): PortcullisError {
    this.#logger.error(`A change could not be published to other instances, and will be: ${textOf(cause)}`);
    this.#queue(waiting);
    if (!this.#isRetrying) void this.#retry();
    const reason = `the change may not be kept, or other instances may not know of it yet: ${textOf(cause)}`;
    return new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1, cause });
  }

  /** What is decided one by one is kept one by one, and none is lost; of what can be coalesced there is one. */
  #queue(waiting: Waiting): void {
    const { definition, changes } = waiting;
    const other = definition.coalesce && this.#waiting.find((each) => each.definition === definition);
    const coalesced = other && coalesce(definition, [...other.changes, ...changes]);
    if (coalesced === undefined) this.#waiting.push(waiting);
    else
      this.#waiting = [
        ...this.#waiting.filter((each) => each !== other),
        { definition, changes: [coalesced] },
      ];
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
    const outcomes = await Promise.allSettled(batch.map((waiting) => this.#sendWhole(waiting)));
    const failed = new Set(batch.filter((_, index) => outcomes[index]?.status === 'rejected'));
    const tried = new Set(batch);
    // One that was coalesced meanwhile is not here any more.
    const again = this.#waiting.filter((waiting) => failed.has(waiting));
    this.#waiting = [...this.#waiting.filter((waiting) => !tried.has(waiting)), ...again];
    return failed.size > 0;
  }

  async #sendWhole({ changes, keep }: Waiting): Promise<void> {
    if (keep !== undefined && this.feed?.publishWith !== undefined)
      await answerWithin(PATIENCE_MS, 'the change feed', this.feed.publishWith(changes, keep));
    else await Promise.all(changes.map((change) => this.#send(change)));
  }
}

/** Undefined where they can't be made one. */
function coalesce(
  definition: ChangeDefinition,
  [first, ...others]: readonly ChangeOf<ChangeKind>[],
): ChangeOf<ChangeKind> | undefined {
  let one = first;
  for (const next of others) one &&= definition.coalesce?.(one, next);
  return one;
}
