import { answerWithin } from '../async/time-limit.js';
import type { SecurityEvents } from '../events/security-events.js';
import { Log, textOf } from '../log.js';
import type { Change, ChangeFeed, ChangeFollower, StopFollowing } from './change-feed.js';
import { CLOCK_CORRECTED } from './replication-events.js';
import type { ReplicationSettings } from './replication-settings.js';

/**
 * How far apart the clocks of two instances may be, in milliseconds, once they are compared. Each is off by what is tolerated and by
 * half of the way to the server, twice: when it was corrected, and when it was found to be right since.
 */
export const CLOCKS_APART_MS = 500;
/** What is nearer than that is taken for equal. */
const TOLERATED_MS = 150;
/** Within such a time an answer says enough. */
const GOOD_WAY_MS = 100;
/** How long an answer is waited for, in milliseconds. */
const PATIENCE_MS = 5_000;
/** How often an answer that says enough is asked for in a row, at boot. */
const TRIES = 3;
/** How often the clocks are compared, in milliseconds; and how often it is looked whether they should be compared before. */
const COMPARE_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
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
  const sharedClock = new SharedClock(now, feed, events);
  return Object.freeze({
    ...options,
    now: () => sharedClock.time,
    sharedClock,
    replication: { ...replication, feed: sharedClock },
  });
}

/** Compares this machine's clock with the change feed's for as long as it is followed: at first, and then again and again. */
class SharedClock implements ChangeFeed {
  readonly publishWith?: NonNullable<ChangeFeed['publishWith']>;
  readonly #logger = new Log();
  #offsetMs = 0;
  #isAstray = false;
  #isComparing = false;
  /** By the monotonic clock, in milliseconds. */
  #comparedAt = Number.NEGATIVE_INFINITY;
  /** How far this machine's clock is from the monotonic one: it changes where the former is set. */
  #lead = 0;

  constructor(
    private readonly own: () => number,
    private readonly feed: ChangeFeed,
    private readonly events: SecurityEvents,
  ) {
    if (feed.publishWith !== undefined) this.publishWith = feed.publishWith.bind(feed);
  }

  get time(): number {
    return this.own() + this.#offsetMs;
  }

  /** Whether this machine's clock is off by more than can be corrected for. */
  get isAstray(): boolean {
    return this.#isAstray;
  }

  publish(change: Change): Promise<void> {
    return this.feed.publish(change);
  }

  /** @throws Error also when this machine's clock is astray: what would be loaded is judged by the time */
  async follow(follower: ChangeFollower): Promise<StopFollowing> {
    for (let tries = 0; tries < TRIES && !(await this.#compare()); tries++);
    if (this.#isAstray) throw new Error(astray);
    const stop = await this.feed.follow(follower);
    const looking = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    return () => {
      clearInterval(looking);
      return stop();
    };
  }

  #look(): void {
    const isSet = Math.abs(this.own() - performance.now() - this.#lead) > TOLERATED_MS;
    if (this.#isComparing) return;
    if (isSet || performance.now() - this.#comparedAt >= COMPARE_EVERY_MS) void this.#compare();
  }

  /**
   * Never fails: without an answer things stay as they are.
   *
   * @returns whether the answer said enough
   */
  async #compare(): Promise<boolean> {
    this.#isComparing = true;
    const askedAt = performance.now();
    this.#lead = this.own() - askedAt;
    try {
      const shared = this.feed.now && (await answerWithin(PATIENCE_MS, 'the clock', this.feed.now()));
      const wayMs = performance.now() - askedAt;
      if (shared === undefined || !Number.isFinite(shared)) return false;
      this.#adopt(shared + wayMs / 2 - this.own(), wayMs / 2);
      const isEnough = wayMs <= GOOD_WAY_MS;
      if (isEnough) this.#comparedAt = askedAt;
      return isEnough;
    } catch (error) {
      this.#logger.debug(`The clocks of the instances could not be compared: ${textOf(error)}`);
      return false;
    } finally {
      this.#isComparing = false;
    }
  }

  #adopt(measuredMs: number, uncertainMs: number): void {
    const isAstray = Math.abs(measuredMs) > LARGEST_OFFSET_MS;
    if (isAstray && !this.#isAstray)
      this.#logger.error(`${astray} (it is off by ${Math.round(-measuredMs)} ms)`);
    this.#isAstray = isAstray;
    if (isAstray) return;
    const tolerated = TOLERATED_MS + uncertainMs;
    // So that the time doesn't jump to and fro with each comparison.
    if (Math.abs(measuredMs - this.#offsetMs) <= tolerated) return;
    this.#offsetMs = Math.abs(measuredMs) <= tolerated ? 0 : Math.round(measuredMs);
    this.events.emit(CLOCK_CORRECTED, { offsetMs: this.#offsetMs });
  }
}

const astray =
  "This machine's clock differs by more than an hour from the one that all instances share: set it right";
