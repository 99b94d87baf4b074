import type { PortcullisError } from '../errors.js';
import { Log, textOf } from '../log.js';
import type { OpenTransaction } from '../replication/change-feed.js';
import type { Replicator } from '../replication/replicator.js';
import type { BanRecord, BanStore } from './ban.store.js';
import { BANS_CHANGED } from './ban-changes.js';
import { BanReplica } from './ban-replica.js';
import type { BanSettings } from './ban-settings.js';

const SWEEP_EVERY_MS = 60_000;

/** The bans of the store and those in force here, which every change changes together, and tells other instances of. */
export class KeptBans {
  readonly store: BanStore;
  readonly replica: BanReplica;
  readonly #logger = new Log();
  #sweptAt = 0;

  constructor(
    readonly options: BanSettings,
    private readonly replicator: Replicator,
  ) {
    this.store = options.stores.bans;
    this.replica = new BanReplica(options, replicator);
  }

  /** Keeps a ban and puts it in force. */
  async save(record: BanRecord): Promise<void> {
    const isCrowded = await this.replica.save([record]);
    // What comes of it has no time to wait until very many old ones are forgotten.
    void this.sweep(record.createdAt, isCrowded);
  }

  /**
   * Ends bans of networks in the store and tells other instances of it: in one transaction, where the feed can.
   *
   * @returns what `end` gave, and why it is not known whether that is kept everywhere
   * @throws what `end` throws
   */
  async endAndPublish<T>(
    networks: readonly string[],
    end: (transaction?: OpenTransaction) => Promise<T>,
  ): Promise<{ readonly ended: T | undefined; readonly doubt: PortcullisError | undefined }> {
    let ended: T | undefined;
    try {
      const { doubt } = await this.replicator.publishWith(
        BANS_CHANGED,
        [{ networks }],
        async (transaction) => {
          ended = await end(transaction);
        },
      );
      return { ended, doubt: await doubt };
    } catch (error) {
      // What has failed may have happened all the same, or has happened in part: the others look again.
      await this.publish(...networks).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Tells other instances whose bans have changed.
   *
   * @throws PortcullisError `temporarily_unavailable` when other instances may not know of it yet
   */
  publish(...networks: readonly string[]): Promise<void> {
    return this.replicator.publish(BANS_CHANGED, { networks });
  }

  /** Tells other instances to read all bans again. @throws PortcullisError as {@link publish} does */
  publishAll(): Promise<void> {
    return this.replicator.publish(BANS_CHANGED, { networks: 'all' });
  }

  /**
   * Forgets what is over, once a minute at most.
   *
   * @param now milliseconds since the epoch
   * @param isCrowded whether there is no time to wait for that minute
   */
  async sweep(now: number, isCrowded: boolean): Promise<void> {
    // A clock that was set back is no reason to wait until it has caught up.
    if (Math.abs(now - this.#sweptAt) < SWEEP_EVERY_MS && !isCrowded) return;
    this.#sweptAt = now;
    void this.replica.sweep(now);
    const { forgetAfterSeconds, maxBansByRules } = this.options.bans;
    try {
      await this.store.forgetExpiredBefore(now - forgetAfterSeconds * 1000);
      await this.store.trim(maxBansByRules);
    } catch (error) {
      this.#logger.warn(`Old bans could not be forgotten: ${textOf(error)}`);
    }
  }
}
