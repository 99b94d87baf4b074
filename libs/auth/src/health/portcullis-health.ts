import { Injectable } from '@nestjs/common';
import { SingleFlight } from '../async/single-flight.js';
import { Log } from '../log.js';
import { RegisteredStores } from '../options/store-definition.js';
import { Replicator } from '../replication/replicator.js';

/** How long a store may take to answer, in milliseconds. */
const PATIENCE_MS = 1_000;
/** How long a report is given again, in milliseconds. */
const REMEMBERED_MS = 1_000;
/** The change feed says at least once a second that nothing is missing; two of these may get lost. In milliseconds. */
const LATE_MS = 3_000;

/**
 * `down`: this instance refuses every credential, and should get no requests. `degraded`: it does not do everything that it should, but
 * no other instance would do better, because they share what is missing.
 */
export type HealthStatus = 'up' | 'degraded' | 'down';

/** What keeps an instance from being well, for its operators. It holds no secret and no text of a driver. */
export interface HealthReport {
  readonly status: HealthStatus;
  /** By its name among the options, whether each store that there is has answered a small question in time. */
  readonly stores: Readonly<Record<string, 'up' | 'down'>>;
  /** How this instance follows the others. Undefined where there is no change feed. */
  readonly feed:
    | {
        /** Whether an answer of the change feed has come within the last seconds. */
        readonly status: 'up' | 'down';
        /** Milliseconds since nothing was known to be missing. */
        readonly lagMs: number;
        /** Whether that is longer than `replication.maxStalenessSeconds`. */
        readonly isStale: boolean;
        /** Changes of this instance that are not published yet. */
        readonly unpublishedChanges: number;
        /** Whether this machine's clock is off by more than can be corrected for. */
        readonly isClockAstray: boolean;
      }
    | undefined;
  /** How many users are revoked and still have something that could not be ended, such as a personal token; it will be. */
  readonly unfinishedWork: number;
}

/** Says how well this instance is, to whoever decides whether it gets requests. */
@Injectable()
export class PortcullisHealth {
  readonly #logger = new Log();
  readonly #stores: ReadonlyMap<string, SingleFlight>;
  #report: Promise<HealthReport> | undefined;
  /** By the monotonic clock, in milliseconds; undefined while a check is under way. */
  #reportedAt: number | undefined;
  #loggedStatus: HealthStatus = 'up';

  constructor(
    private readonly replicator: Replicator,
    stores: RegisteredStores,
  ) {
    this.#stores = new Map(
      stores.all.map(({ definition, store }) => [
        definition.name,
        new SingleFlight(() => definition.probe(store)),
      ]),
    );
  }

  /**
   * Everything that is known, for operators. It takes no longer than a second or so, and is done once a second at most, however often it
   * is asked for.
   */
  check(): Promise<HealthReport> {
    const isOver = this.#reportedAt !== undefined && performance.now() - this.#reportedAt > REMEMBERED_MS;
    if (this.#report === undefined || isOver) {
      this.#reportedAt = undefined;
      this.#report = this.#examine();
    }
    return this.#report;
  }

  /**
   * Only the status, in the form that `HealthCheckService.check()` of `@nestjs/terminus` takes: it is safe to be shown to anybody.
   *
   * @param key what the status stands under
   */
  async isHealthy<const Key extends string = 'portcullis'>(
    key = 'portcullis' as Key,
  ): Promise<Record<Key, { status: HealthStatus }>> {
    const { status } = await this.check();
    return { [key]: { status } } as Record<Key, { status: HealthStatus }>;
  }

  async #examine(): Promise<HealthReport> {
    const answers = await Promise.all(
      [...this.#stores].map(async ([name, store]) => [name, await statusOf(store)] as const),
    );
    const stores = Object.fromEntries(answers) as HealthReport['stores'];
    const feed = this.#feed();
    const { unfinishedWork } = this.replicator;
    const report = { status: this.#statusFrom(stores, feed), stores, feed, unfinishedWork };
    this.#log(report);
    this.#reportedAt = performance.now();
    return report;
  }

  #feed(): HealthReport['feed'] {
    const { lagMs, isStale, unpublishedChanges, isClockAstray } = this.replicator;
    if (lagMs === undefined) return undefined;
    const status = lagMs > LATE_MS ? 'down' : 'up';
    return { status, lagMs: Math.round(lagMs), isStale, unpublishedChanges, isClockAstray };
  }

  #statusFrom(stores: HealthReport['stores'], feed: HealthReport['feed']): HealthStatus {
    if (this.replicator.isRefusing) return 'down';
    const isWhole =
      this.replicator.unfinishedWork === 0 &&
      Object.values(stores).every((status) => status === 'up') &&
      (feed === undefined || (feed.status === 'up' && feed.unpublishedChanges === 0));
    return isWhole ? 'up' : 'degraded';
  }

  /** Whoever sees the status alone finds the reason in the log. */
  #log({ status, ...details }: HealthReport): void {
    if (status === this.#loggedStatus) return;
    this.#loggedStatus = status;
    if (status === 'up') this.#logger.log('Health: up again');
    else this.#logger.warn(`Health: ${status} ${JSON.stringify(details)}`);
  }
}

async function statusOf(store: SingleFlight): Promise<'up' | 'down'> {
  return (await store.within(PATIENCE_MS)) ? 'up' : 'down';
}
