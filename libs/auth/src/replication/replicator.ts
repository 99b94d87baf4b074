import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { newBackoff } from '../async/backoff.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import {
  ChangeCatalog,
  type ChangeDefinition,
  type ChangeKind,
  type ChangeKinds,
  type ChangeOf,
} from './change-definition.js';
import type { Change, StopFollowing } from './change-feed.js';
import { Publisher } from './publisher.js';
import { REPLICAS_FRESH, REPLICAS_STALE } from './replication-events.js';
import { REPLICATION_SETTINGS, type ReplicationSettings } from './replication-settings.js';

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
}

/** More changes of one kind than that are not taken over one by one. */
const MAX_WAITING = 10_000;

/** A change that is not taken over yet. */
interface Waiting {
  readonly definition: ChangeDefinition;
  readonly change: ChangeOf<ChangeKind>;
}

/** Keeps the replicas of this instance equal to those of the others, and says for how long that can't be promised. */
@Injectable()
export class Replicator implements OnModuleDestroy {
  readonly #logger = new Logger('Portcullis');
  readonly #publisher: Publisher;
  readonly #replicas: Replica[] = [];
  #following: Promise<StopFollowing | undefined> | undefined;
  /** What is not taken over yet, in order. */
  #waiting: Waiting[] = [];
  #mustReload = false;
  #isReloading = false;
  #isWorking = false;
  /** By the monotonic clock, in milliseconds: a clock that is set must not make anything fresh. */
  #freshAt = 0;
  #watch: NodeJS.Timeout | undefined;
  #isReportedStale = false;
  #isClosed = false;

  constructor(
    @Inject(REPLICATION_SETTINGS) private readonly options: ReplicationSettings,
    private readonly events: SecurityEvents,
    private readonly catalog: ChangeCatalog,
  ) {
    this.#publisher = new Publisher(options.replication.feed);
  }

  /** Whether changes of others may have been missed for too long. */
  get isStale(): boolean {
    const { feed, maxStalenessSeconds } = this.options.replication;
    return feed !== undefined && performance.now() - this.#freshAt > maxStalenessSeconds * 1000;
  }

  /** Milliseconds since nothing was known to be missing; undefined where there is no change feed. */
  get lagMs(): number | undefined {
    return this.options.replication.feed && performance.now() - this.#freshAt;
  }

  /** How many changes of this instance are still to be published. */
  get unpublishedChanges(): number {
    return this.#publisher.unpublishedChanges;
  }

  /** @throws PortcullisError `temporarily_unavailable` where this instance can't vouch for a credential */
  refuseIfStale(): void {
    if (this.options.replication.feed === undefined || this.options.replication.whenStale === 'accept')
      return;
    if (!this.isStale) return;
    const reason = 'the change feed is cut off: the credential may have been revoked elsewhere';
    throw new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1 });
  }

  /**
   * Follows the changes of others from now on, for a replica that will then be loaded for the first time.
   *
   * @throws Error when the change feed can't be reached
   * @throws PortcullisConfigurationError when nobody has registered what the replica follows
   */
  async follow<Kind extends ChangeKind>(replica: Replica<Kind>): Promise<void> {
    this.catalog.demand(replica.follows as ChangeDefinition);
    this.#replicas.push(replica as Replica);
    this.#following ??= this.#follow();
    await this.#following;
  }

  /**
   * Publishes a change that the store has: at once, or else as soon as it can be.
   *
   * @throws PortcullisError `temporarily_unavailable` when the others may not know of it yet
   * @throws PortcullisConfigurationError when nobody has registered such changes
   */
  async publish<Kind extends ChangeKind>(
    definition: ChangeDefinition<Kind>,
    facts: ChangeKinds[Kind],
  ): Promise<void> {
    this.catalog.demand(definition as ChangeDefinition);
    return this.#publisher.publish(definition, facts);
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

  /** What this version can't read may be anything that a newer one has published, also that something is revoked. */
  #take(delivered: Change): void {
    const definition = this.catalog.find(delivered.kind);
    const change = definition && readBy(definition, delivered);
    if (definition === undefined || change === undefined) this.#takeEverything();
    else if (definition.takenOver === 'in-turn') this.#queue({ definition, change });
    else void this.#takeAtOnce(definition, change);
  }

  /** Synchronously, unless a replica fails: what it has missed by that it reads again. */
  async #takeAtOnce(definition: ChangeDefinition, change: ChangeOf<ChangeKind>): Promise<void> {
    try {
      await Promise.all(this.#followersOf(definition).map((replica) => replica.take(change)));
    } catch (error) {
      this.#logger.warn(`A change of another instance could not be taken over, and will be: ${error}`);
      this.#takeEverything();
    }
  }

  #followersOf({ kind }: ChangeDefinition): readonly Replica[] {
    return this.#replicas.filter(({ follows }) => follows.kind === kind);
  }

  #queue(next: Waiting): void {
    this.#waiting.push(next);
    if (this.#waiting.length > MAX_WAITING) {
      const fewer = coalesced(this.#waiting);
      if (fewer === undefined) this.#takeEverything();
      else this.#waiting = fewer;
    }
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
    const [next] = this.#waiting as [Waiting];
    for (const replica of this.#followersOf(next.definition)) {
      const taking = replica.take(next.change);
      if (taking !== undefined) await taking;
    }
    if (this.#waiting[0] === next) this.#waiting.shift();
  }

  /** What is taken over in turn and still waits does not count. */
  #refresh(): void {
    if (!this.#mustReload && !this.#isReloading) this.#freshAt = performance.now();
  }

  #reportStaleness(): void {
    if (this.isStale === this.#isReportedStale) return;
    this.#isReportedStale = this.isStale;
    this.events.emit(this.#isReportedStale ? REPLICAS_STALE : REPLICAS_FRESH, {});
  }
}

/** What fails to be read is read as what is unknown. */
function readBy(definition: ChangeDefinition, delivered: Change): ChangeOf<ChangeKind> | undefined {
  try {
    return definition.read(delivered);
  } catch {
    return undefined;
  }
}

/** One change of each kind for a queue that has grown too long; undefined where they can't be made one. */
function coalesced(waiting: readonly Waiting[]): Waiting[] | undefined {
  const byKind = new Map<ChangeDefinition, Waiting>();
  for (const next of waiting) {
    const { definition } = next;
    const before = byKind.get(definition);
    const change = before === undefined ? next.change : definition.coalesce?.(before.change, next.change);
    if (change === undefined) return undefined;
    byKind.set(definition, { definition, change });
  }
  return [...byKind.values()];
}
