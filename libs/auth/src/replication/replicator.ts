import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { newBackoff } from '../async/backoff.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import type { Change, StopFollowing } from './change-feed.js';
import { Publisher } from './publisher.js';

/** A set of which each instance has a copy. */
export interface Replica {
  /**
   * Takes over a change that is about this set, and leaves others alone. Called again when it fails.
   *
   * @returns a promise where the store has to be asked
   */
  take(change: Change): Promise<void> | void;
  /** Takes over everything from the store. Called again when it fails. */
  reload(): Promise<void>;
}

/** What is told in full, or only to be forgotten: it waits for no store, least of all behind what does. */
const AT_ONCE: ReadonlySet<Change['kind']> = new Set(['revocation', 'api-keys', 'signing-keys']);

/** More bans than that are not taken over one by one. */
const MAX_WAITING = 10_000;

/** Keeps the replicas of this instance equal to those of the others, and says for how long that can't be promised. */
@Injectable()
export class Replicator implements OnModuleDestroy {
  readonly #logger = new Logger('Portcullis');
  readonly #publisher: Publisher;
  readonly #replicas: Replica[] = [];
  #following: Promise<StopFollowing | undefined> | undefined;
  /** What is not taken over yet, in order. */
  #waiting: Change[] = [];
  #mustReload = false;
  #isReloading = false;
  #isWorking = false;
  /** By the monotonic clock, in milliseconds: a clock that is set must not make anything fresh. */
  #freshAt = 0;
  #watch: NodeJS.Timeout | undefined;
  #isReportedStale = false;
  #isClosed = false;

  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: SecurityEvents,
  ) {
    this.#publisher = new Publisher(options.replication.feed);
  }

  /** Whether changes of others may have been missed for too long. */
  get isStale(): boolean {
    const { feed, maxStalenessSeconds } = this.options.replication;
    return feed !== undefined && performance.now() - this.#freshAt > maxStalenessSeconds * 1000;
  }

  /** Milliseconds since nothing was known to be missing; undefined where there is no feed. */
  get lagMs(): number | undefined {
    return this.options.replication.feed && performance.now() - this.#freshAt;
  }

  /** How many changes of this instance the others are still to be told of. */
  get unpublishedChanges(): number {
    return this.#publisher.unpublishedChanges;
  }

  /** @throws PortcullisError `temporarily_unavailable` where this instance can't vouch for a credential */
  refuseIfStale(): void {
    if (this.options.replication.feed === undefined || this.options.replication.whenStale === 'accept')
      return;
    if (!this.isStale) return;
    const reason = 'the feed of changes is cut off: the credential may have been revoked elsewhere';
    throw new PortcullisError('temporarily_unavailable', reason, { retryAfterSeconds: 1 });
  }

  /**
   * Follows the changes of others from now on, for a replica that will then be loaded for the first time.
   *
   * @throws Error when the feed can't be reached
   */
  async follow(replica: Replica): Promise<void> {
    this.#replicas.push(replica);
    this.#following ??= this.#follow();
    await this.#following;
  }

  /**
   * Tells all instances of a change that the store has. When it can't be told now it is told as soon as it can.
   *
   * @throws PortcullisError `temporarily_unavailable` when the others may not know of it yet
   */
  publish(change: Change): Promise<void> {
    return this.#publisher.publish(change);
  }

  async onModuleDestroy(): Promise<void> {
    this.#isClosed = true;
    this.#publisher.close();
    clearInterval(this.#watch);
    const stop = await this.#following?.catch(() => undefined);
    await stop?.();
  }

  async #follow(): Promise<StopFollowing | undefined> {
    const { feed } = this.options.replication;
    if (feed === undefined) return undefined;
    const stop = await feed.follow({
      changed: (change) => this.#take(change),
      missed: () => this.#takeEverything(),
      upToDate: () => this.#refresh(),
    });
    this.#freshAt = performance.now();
    this.#watch = setInterval(() => this.#reportStaleness(), 1_000).unref();
    return stop;
  }

  #take(change: Change): void {
    if (AT_ONCE.has(change.kind)) {
      for (const replica of this.#replicas) void replica.take(change);
      return;
    }
    if (this.#waiting.push(change) > MAX_WAITING) this.#waiting = [{ kind: 'all-bans' }];
    if (!this.#isWorking) void this.#work();
  }

  #takeEverything(): void {
    this.#mustReload = true;
    this.#waiting = [];
    if (!this.#isWorking) void this.#work();
  }

  /** One thing after another: while everything is loaded, changes wait and are taken over on top of it. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    let pauses = newBackoff();
    while (this.#hasWork) {
      try {
        await this.#workOnce();
        pauses = newBackoff();
      } catch (error) {
        this.#logger.warn(`Changes of other instances could not be taken over, and will be: ${error}`);
        await pauses.next();
      }
    }
    this.#isWorking = false;
  }

  get #hasWork(): boolean {
    return !this.#isClosed && (this.#mustReload || this.#waiting.length > 0);
  }

  async #workOnce(): Promise<void> {
    if (this.#mustReload) {
      this.#mustReload = false;
      this.#isReloading = true;
      try {
        await Promise.all(this.#replicas.map((replica) => replica.reload()));
      } catch (error) {
        this.#mustReload = true;
        throw error;
      } finally {
        this.#isReloading = false;
      }
      return;
    }
    const [change] = this.#waiting as [Change];
    for (const replica of this.#replicas) {
      const taking = replica.take(change);
      if (taking !== undefined) await taking;
    }
    if (this.#waiting[0] === change) this.#waiting.shift();
  }

  /** Bans that still wait don't count: credentials don't depend on them, and an attacker can cause as many as they like. */
  #refresh(): void {
    if (!this.#mustReload && !this.#isReloading) this.#freshAt = performance.now();
  }

  #reportStaleness(): void {
    if (this.isStale === this.#isReportedStale) return;
    this.#isReportedStale = this.isStale;
    this.events.emit({ type: this.#isReportedStale ? 'replicas.stale' : 'replicas.fresh' });
  }
}
