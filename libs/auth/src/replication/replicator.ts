import { Inject, Injectable } from '@nestjs/common';
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
import { type Replica, ReplicaFollower } from './replica-follower.js';
import { REPLICAS_FRESH, REPLICAS_STALE } from './replication-events.js';
import { REPLICATION_SETTINGS, type ReplicationSettings } from './replication-settings.js';

/** Keeps the replicas of this instance equal to those of the others, and says for how long that can't be promised. */
@Injectable()
export class Replicator {
  readonly #publisher: Publisher;
  readonly #followers: ReplicaFollower[] = [];
  #following: Promise<StopFollowing | undefined> | undefined;
  /** By the monotonic clock, in milliseconds: a clock that is set must not make anything fresh. */
  #freshAt = 0;
  #watch: NodeJS.Timeout | undefined;
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
    this.#followers.push(new ReplicaFollower(replica as Replica));
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

  /** To be called when the server has answered its last request: until then it must not miss a revocation. */
  async close(): Promise<void> {
    this.#publisher.close();
    for (const follower of this.#followers) follower.close();
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
    if (change === undefined) this.#takeEverything();
    else
      for (const follower of this.#followers)
        if (follower.follows.kind === change.kind) follower.take(change);
  }

  #takeEverything(): void {
    for (const follower of this.#followers) follower.takeEverything();
  }

  #refresh(): void {
    if (!this.#followers.some(({ isMissing }) => isMissing)) this.#freshAt = performance.now();
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
