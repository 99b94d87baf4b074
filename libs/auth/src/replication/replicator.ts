import { Inject, Injectable } from '@nestjs/common';
import { OwedWork } from '../async/owed-work.js';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import {
  ChangeCatalog,
  type ChangeDefinition,
  type ChangeKind,
  type ChangeKinds,
  type ChangeOf,
} from './change-definition.js';
import type { Change, OpenTransaction, StopFollowing } from './change-feed.js';
import { type Kept, Publisher } from './publisher.js';
import { type Replica, ReplicaFollower } from './replica-follower.js';
import { REPLICAS_FRESH, REPLICAS_STALE } from './replication-events.js';
import { REPLICATION_SETTINGS, type ReplicationSettings } from './replication-settings.js';

/** How often it is looked up whether others have kept what they could not publish, in milliseconds. */
const RECHECK_EVERY_MS = 5_000;

/** Keeps the replicas of this instance equal to those of the others, and says for how long that can't be promised. */
@Injectable()
export class Replicator {
  readonly #publisher: Publisher;
  readonly #followers: ReplicaFollower[] = [];
  #following: Promise<StopFollowing | undefined> | undefined;
  /** By the monotonic clock, in milliseconds: a clock that is set must not make anything fresh. */
  #freshAt = Number.NEGATIVE_INFINITY;
  /** By this machine's clock, which goes on while the machine is suspended. */
  #freshAtTime = Number.NEGATIVE_INFINITY;
  /** How far that clock was ahead of the monotonic one at the last sign of life: more, when the machine was suspended since. */
  #lead = Number.POSITIVE_INFINITY;
  readonly #unfinished = new OwedWork();
  #watch: NodeJS.Timeout | undefined;
  #recheck: NodeJS.Timeout | undefined;
  #isReportedStale = false;

  constructor(
    @Inject(REPLICATION_SETTINGS) private readonly options: ReplicationSettings,
    private readonly events: SecurityEvents,
    private readonly catalog: ChangeCatalog,
  ) {
    this.#publisher = new Publisher(options.replication.feed);
  }

  /** Whether changes of others may have been missed for too long. */
  get isStale(): boolean {
    const { lagMs } = this;
    // What is no number is stale, too.
    return lagMs !== undefined && !(lagMs <= this.options.replication.maxStalenessSeconds * 1000);
  }

  /** Milliseconds since nothing was known to be missing; undefined where there is no change feed. */
  get lagMs(): number | undefined {
    if (this.options.replication.feed === undefined) return undefined;
    return Math.max(performance.now() - this.#freshAt, Date.now() - this.#freshAtTime);
  }

  /** Whether this machine's clock is off by more than can be corrected for, so that nothing can be judged by it. */
  get isClockAstray(): boolean {
    return this.options.sharedClock?.isAstray ?? false;
  }

  /** Whether this instance vouches for no credential. */
  get isRefusing(): boolean {
    return this.isClockAstray || (this.options.replication.whenStale === 'reject' && this.isStale);
  }

  /** How many changes of this instance are still to be published. */
  get unpublishedChanges(): number {
    return this.#publisher.unpublishedChanges;
  }

  /** How much of what changes bring with them is still to be done. */
  get unfinishedWork(): number {
    return this.#unfinished.size;
  }

  /** @throws PortcullisError `temporarily_unavailable` where this instance can't vouch for a credential */
  refuseIfStale(): void {
    if (!this.isRefusing) return;
    const reason = this.isClockAstray
      ? "this machine's clock is wrong: the credential may have expired"
      : 'the change feed is cut off: the credential may have been revoked elsewhere';
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
    const follower = new ReplicaFollower(replica as Replica);
    this.#followers.push(follower);
    this.#following ??= this.#follow();
    await this.#following;
    follower.begin(this.options.now());
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

  /**
   * Keeps something and publishes the changes that tell of it: in one transaction, where the change feed is in the store's database.
   * Otherwise it resolves when it is kept, and does not wait for the feed.
   *
   * @param keep keeps it by a store that is given the transaction, if there is one; may be called again later
   * @throws what `keep` throws, where it is not kept
   * @throws PortcullisConfigurationError when nobody has registered such changes
   */
  async publishWith<Kind extends ChangeKind>(
    definition: ChangeDefinition<Kind>,
    facts: readonly ChangeKinds[Kind][],
    keep: (transaction?: OpenTransaction) => Promise<void>,
  ): Promise<Kept> {
    this.catalog.demand(definition as ChangeDefinition);
    return this.#publisher.publishWith(definition, facts, keep);
  }

  /**
   * Does what a change brings with it: now, or else as soon as it can be.
   *
   * @param name of two of one name only the later is done again
   * @throws what the work throws at first
   */
  finish(name: string, work: () => Promise<unknown>): Promise<void> {
    return this.#unfinished.do(name, work);
  }

  /** To be called when the server has answered its last request: until then it must not miss a revocation. */
  async close(): Promise<void> {
    this.#publisher.close();
    this.#unfinished.close();
    for (const follower of this.#followers) follower.close();
    clearInterval(this.#watch);
    clearTimeout(this.#recheck);
    const stop = await this.#following?.catch(() => undefined);
    await stop?.();
  }

  async #follow(): Promise<StopFollowing | undefined> {
    const { feed } = this.options.replication;
    if (feed === undefined) return undefined;
    const stop = await feed.follow({
      changed: (change) => this.#take(change),
      missed: () => this.#takeEverything(),
      upToDate: (asOf) => this.#refresh(asOf),
    });
    this.#freshen();
    this.#watch = setInterval(() => this.#reportStaleness(), 1_000).unref();
    this.#recheckSoon();
    return stop;
  }

  /** By chance sooner or later, so that not all instances ask at once. */
  #recheckSoon(): void {
    this.#recheck = setTimeout(
      () => {
        for (const follower of this.#followers) void follower.recheck(this.options.now());
        this.#recheckSoon();
      },
      RECHECK_EVERY_MS * (0.75 + Math.random() / 4),
    ).unref();
  }

  /** What this version can't read may be anything that a newer one has published, also that something is revoked. */
  #take(delivered: Change): void {
    const definition = this.catalog.find(delivered.kind);
    const change = definition && readBy(definition, delivered);
    if (change === undefined) this.#takeEverything();
    else
      for (const follower of this.#followers)
        if (follower.follows.kind === change.kind) follower.take(change);
  }

  #takeEverything(): void {
    for (const follower of this.#followers) follower.takeEverything();
  }

  #refresh(asOf?: number): void {
    if (!this.#followers.some(({ isMissing }) => isMissing)) this.#freshen(asOf);
  }

  /** @param asOf by the monotonic clock, in milliseconds: an answer that has lain about says nothing of what came since */
  #freshen(asOf = performance.now()): void {
    const now = performance.now();
    const lead = Date.now() - now;
    // The question may have been asked before that.
    const suspendedMs = Math.max(0, lead - this.#lead);
    this.#lead = lead;
    // A feed of somebody else's may take another clock, and nothing must be fresh for ever by that.
    if (!(asOf > this.#freshAt && asOf <= now)) return;
    this.#freshAt = asOf;
    this.#freshAtTime = Date.now() - (now - asOf) - suspendedMs;
  }

  #reportStaleness(): void {
    const { isStale } = this;
    if (isStale === this.#isReportedStale) return;
    this.#isReportedStale = isStale;
    this.events.emit(isStale ? REPLICAS_STALE : REPLICAS_FRESH, {});
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
