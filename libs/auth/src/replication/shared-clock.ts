import { Logger } from '@nestjs/common';
import type { SecurityEvents } from '../events/security-events.js';
import type { Change, ChangeFeed, ChangeFollower, StopFollowing } from './change-feed.js';
import { CLOCK_CORRECTED } from './replication-events.js';
import type { ReplicationSettings } from './replication-settings.js';

/** How often the clocks are compared, in milliseconds. */
const COMPARE_EVERY_MS = 10_000;
/** What is nearer than that is taken for equal: the way to the server takes time, too. */
const TOLERATED_MS = 500;
/** An answer that took longer says too little. */
const LONGEST_WAY_MS = 1_000;
/** What is further away was set wrong, and perhaps by somebody who wants that expired credentials live again. */
const LARGEST_OFFSET_MS = 3_600_000;

/** Settings whose clock is corrected by the one that all instances share, if their change feed has one and once it is followed. */
export function bySharedClock<Settings extends ReplicationSettings>(
  options: Settings,
  events: SecurityEvents,
): Settings {
  const { now, replication } = options;
  const { feed } = replication;
  if (feed?.now === undefined) return options;
  const clock = new SharedClock(now, feed, events);
  return Object.freeze({ ...options, now: () => clock.time, replication: { ...replication, feed: clock } });
}

/** Compares this machine's clock with the change feed's for as long as it is followed: at first, and then again and again. */
class SharedClock implements ChangeFeed {
  readonly #logger = new Logger('Portcullis');
  #offsetMs = 0;

  constructor(
    private readonly own: () => number,
    private readonly feed: ChangeFeed,
    private readonly events: SecurityEvents,
  ) {}

  get time(): number {
    return this.own() + this.#offsetMs;
  }

  publish(change: Change): Promise<void> {
    return this.feed.publish(change);
  }

  async follow(follower: ChangeFollower): Promise<StopFollowing> {
    // Before anything is loaded and judged by the time.
    await this.#compare();
    const stop = await this.feed.follow(follower);
    const comparing = setInterval(() => this.#compare(), COMPARE_EVERY_MS).unref();
    return () => {
      clearInterval(comparing);
      return stop();
    };
  }

  /** Never fails: without an answer things stay as they are. */
  async #compare(): Promise<void> {
    try {
      const askedAt = performance.now();
      const shared = await this.feed.now?.();
      const wayMs = performance.now() - askedAt;
      if (shared !== undefined && wayMs <= LONGEST_WAY_MS) this.#adopt(shared + wayMs / 2 - this.own());
    } catch (error) {
      this.#logger.debug(`The clocks of the instances could not be compared: ${error}`);
    }
  }

  #adopt(measuredMs: number): void {
    if (!(Math.abs(measuredMs) <= LARGEST_OFFSET_MS)) {
      this.#logger.error(
        `The clock that all instances share differs from this machine's by ${measuredMs} ms, and is not followed`,
      );
      return;
    }
    const offsetMs = Math.abs(measuredMs) < TOLERATED_MS ? 0 : Math.round(measuredMs);
    // So that the time doesn't jump to and fro with each comparison.
    if (Math.abs(offsetMs - this.#offsetMs) < TOLERATED_MS) return;
    this.#offsetMs = offsetMs;
    this.events.emit(CLOCK_CORRECTED, { offsetMs });
  }
}
