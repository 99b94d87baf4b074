import { newBackoff } from '../async/backoff.js';
import { Log, textOf } from '../log.js';
import type { ChangeDefinition, ChangeKind, ChangeOf } from './change-definition.js';

/** A set of which each instance has a copy. */
export interface Replica<Kind extends ChangeKind = ChangeKind> {
  /** The changes that are about this set; it gets no others. */
  readonly follows: ChangeDefinition<Kind>;
  /**
   * Takes over a change. Called again when it fails.
   *
   * @returns a promise where the store has to be asked
   */
  take(change: ChangeOf<Kind>): Promise<void> | void;
  /** Takes over everything from the store. Called again when it fails. */
  reload(): Promise<void>;
  /**
   * Takes over what others may have kept and could not publish, as when their process died in between. Called again and again; without
   * it such a change is found when everything is taken over.
   *
   * @param since when what is not known yet was decided at the earliest, in milliseconds since the epoch
   */
  recheck?(since: number): Promise<void>;
}

/**
 * How long it may take from the time of a change until a store has kept it, in milliseconds: it may wait for others that are given up
 * only after 40 s, and then take 30 s itself.
 */
export const KEPT_WITHIN_MS = 75_000;

/** More changes than that are not taken over one by one. */
const MAX_WAITING = 10_000;

/** Brings the changes of others to one replica. Each has its own: one that fails or hangs must hold up no other. */
export class ReplicaFollower {
  readonly #logger = new Log();
  /** What is not taken over yet, in order. */
  #waiting: ChangeOf<ChangeKind>[] = [];
  #mustReload = false;
  #isReloading = false;
  #isWorking = false;
  #isRechecking = false;
  /** By the clock that all instances share, in milliseconds since the epoch. */
  #lookedAt = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(private readonly replica: Replica) {}

  get follows(): ChangeDefinition {
    return this.replica.follows;
  }

  /** Whether anything may be missing in the replica. What is taken over in turn and still waits does not count. */
  get isMissing(): boolean {
    return this.#mustReload || this.#isReloading;
  }

  /** @param now when the replica is about to be loaded for the first time, in milliseconds since the epoch */
  begin(now: number): void {
    this.#lookedAt = now;
  }

  take(change: ChangeOf<ChangeKind>): void {
    if (this.follows.takenOver === 'in-turn') this.#queue(change);
    else void this.#takeAtOnce(change);
  }

  takeEverything(): void {
    this.#mustReload = true;
    this.#waiting = [];
    if (!this.#isWorking) void this.#work();
  }

  /**
   * Never fails: what could not be looked up is looked up the next time.
   *
   * @param now milliseconds since the epoch
   */
  async recheck(now: number): Promise<void> {
    if (this.isMissing || this.#isRechecking || this.#isClosed) return;
    this.#isRechecking = true;
    try {
      // The clock may have been set back.
      await this.replica.recheck?.(Math.min(this.#lookedAt, now) - KEPT_WITHIN_MS);
      this.#lookedAt = now;
    } catch (error) {
      this.#logger.debug(
        `It could not be looked up whether a change was missed, and will be: ${textOf(error)}`,
      );
    } finally {
      this.#isRechecking = false;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Synchronously, unless the replica fails: what it has missed by that it reads again. */
  async #takeAtOnce(change: ChangeOf<ChangeKind>): Promise<void> {
    try {
      await this.replica.take(change);
    } catch (error) {
      this.#logger.warn(
        `A change of another instance could not be taken over, and will be: ${textOf(error)}`,
      );
      this.takeEverything();
    }
  }

  #queue(next: ChangeOf<ChangeKind>): void {
    this.#waiting.push(next);
    if (this.#waiting.length > MAX_WAITING) {
      const one = this.#coalesced();
      if (one === undefined) this.takeEverything();
      else this.#waiting = [one];
    }
    if (!this.#isWorking) void this.#work();
  }

  /** One change for a queue that has grown too long; undefined where they can't be made one. */
  #coalesced(): ChangeOf<ChangeKind> | undefined {
    const [first, ...others] = this.#waiting;
    let one = first;
    for (const next of others) one &&= this.follows.coalesce?.(one, next);
    return one;
  }

  /** One thing after another: while everything is loaded, changes wait and are taken over on top of it. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    let backoff = newBackoff();
    while (this.#hasWork) {
      try {
        await this.#workOnce();
        backoff = newBackoff();
      } catch (error) {
        this.#logger.warn(
          `Changes of other instances could not be taken over, and will be: ${textOf(error)}`,
        );
        await backoff.next();
      }
    }
    this.#isWorking = false;
  }

  get #hasWork(): boolean {
    return !this.#isClosed && (this.#mustReload || this.#waiting.length > 0);
  }

  async #workOnce(): Promise<void> {
    if (this.#mustReload) return this.#reload();
    const [next] = this.#waiting as [ChangeOf<ChangeKind>];
    const taking = this.replica.take(next);
    if (taking !== undefined) await taking;
    if (this.#waiting[0] === next) this.#waiting.shift();
  }

  async #reload(): Promise<void> {
    this.#mustReload = false;
    this.#isReloading = true;
    try {
      await this.replica.reload();
    } catch (error) {
      this.#mustReload = true;
      throw error;
    } finally {
      this.#isReloading = false;
    }
  }
}
