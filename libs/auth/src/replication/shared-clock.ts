import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { SecurityEvents } from '../events/security-events.js';
import type { ResolvedOptions } from '../portcullis.options.js';
import type { ChangeFeed } from './change-feed.js';

/** How often the clocks are compared, in milliseconds. */
const COMPARE_EVERY_MS = 10_000;
/** What is nearer than that is taken for equal: the way to the server takes time, too. */
const TOLERATED_MS = 500;
/** An answer that took longer says too little. */
const LONGEST_WAY_MS = 1_000;
/** What is further away was set wrong, and perhaps by somebody who wants that expired credentials live again. */
const LARGEST_OFFSET_MS = 3_600_000;

/** Corrects this machine's clock by the one that all instances share, where their feed of changes has one. */
@Injectable()
export class SharedClock implements OnModuleDestroy {
  readonly #logger = new Logger('Portcullis');
  #offsetMs = 0;
  #comparing: NodeJS.Timeout | undefined;

  constructor(private readonly events: SecurityEvents) {}

  /** Options whose `now` goes by the shared clock. Resolves when the clocks have been compared, or can't be now. */
  async correct(options: ResolvedOptions): Promise<ResolvedOptions> {
    const { now, replication } = options;
    const { feed } = replication;
    if (feed?.now === undefined) return options;
    await this.#compare(feed, now);
    this.#comparing = setInterval(() => this.#compare(feed, now), COMPARE_EVERY_MS).unref();
    return Object.freeze({ ...options, now: () => now() + this.#offsetMs });
  }

  onModuleDestroy(): void {
    clearInterval(this.#comparing);
  }

  /** Never fails: without an answer things stay as they are. */
  async #compare(feed: ChangeFeed, now: () => number): Promise<void> {
    try {
      const askedAt = performance.now();
      const shared = await feed.now?.();
      const wayMs = performance.now() - askedAt;
      if (shared !== undefined && wayMs <= LONGEST_WAY_MS) this.#adopt(shared + wayMs / 2 - now());
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
    this.events.emit({ type: 'clock.corrected', offsetMs });
  }
}
