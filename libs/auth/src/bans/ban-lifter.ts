import { actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import type { IpNetwork } from '../net/ip-address.js';
import type { Ban } from './ban.store.js';
import type { BanByRule } from './ban-by-rule.js';
import type { BanLifting } from './ban-details.js';
import { ADDRESS_UNBANNED, BANS_CLEARED } from './ban-events.js';
import { networkOfTarget } from './ban-query.js';
import type { KeptBans } from './kept-bans.js';

/** Lets networks in again. */
export class BanLifter {
  readonly #listeners = new Set<(network: IpNetwork) => void>();

  constructor(
    private readonly kept: KeptBans,
    private readonly byRule: BanByRule,
    private readonly events: SecurityEvents,
  ) {}

  /** @returns the lifted ban, or undefined when none with this id is in force */
  unban(id: string, lifting: BanLifting): Promise<Ban | undefined> {
    const { store, options } = this.kept;
    return this.#change('all', async () => {
      const ban = await store.lift(id, options.now(), lifting.actor ?? null);
      if (ban !== undefined) await this.#lifted(ban, false, lifting);
      return ban;
    });
  }

  /** @returns the newest ban of the network, or undefined when none is known */
  async forgive(target: string, lifting: BanLifting): Promise<Ban | undefined> {
    const network = networkOfTarget(target).text;
    const { store, replica } = this.kept;
    // It would otherwise come after the forgiveness of what led to it.
    await this.byRule.settled(network);
    replica.endHold(network);
    const [ban] = await store.list({ networks: [network], limit: 1 });
    // Also where no ban could be made: what would have led to it is forgiven.
    if (ban === undefined) {
      this.#tellReleased(network);
      return undefined;
    }
    return this.#change(network, async () => {
      await store.forget(network);
      await this.#lifted(ban, true, lifting);
      return ban;
    });
  }

  /** @returns how many bans were known, in force or over */
  async clear(lifting: BanLifting): Promise<number> {
    await this.byRule.settled();
    const { replica } = this.kept;
    const count = await this.#cleared();
    replica.releaseAll();
    this.events.emit(BANS_CLEARED, { count, ...factsOf(lifting) });
    await this.kept.publishAll();
    // Those that came meanwhile hold. Where the store fails now, the next look for what is new finds them.
    await replica.reload().catch(() => undefined);
    return count;
  }

  /** @returns a function that ends the subscription */
  onRelease(listener: (network: IpNetwork) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Where it fails in the middle, what is gone must not go on in memory. */
  async #cleared(): Promise<number> {
    const { store, replica } = this.kept;
    try {
      const [newest] = await store.list({ limit: 1 });
      if (newest === undefined) return 0;
      // What comes meanwhile is not waited for: in an attack there would be no end.
      for (let count = 0; ; ) {
        const part = await store.clear();
        count += part;
        if (part === 0 || (await store.findById(newest.id)) === undefined) return count;
      }
    } catch (error) {
      await replica.reload().catch(() => undefined);
      await this.kept.publishAll().catch(() => undefined);
      throw error;
    }
  }

  /** What has failed may have happened all the same, or has happened in part: the others look again. */
  async #change<T>(network: string | 'all', change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      const telling = network === 'all' ? this.kept.publishAll() : this.kept.publish(network);
      await telling.catch(() => undefined);
      throw error;
    }
  }

  async #lifted(ban: Ban, forgiven: boolean, lifting: BanLifting): Promise<void> {
    await this.kept.replica.release(ban.network);
    this.#tellReleased(ban.network);
    this.events.emit(ADDRESS_UNBANNED, { ban, forgiven, ...factsOf(lifting) });
    await this.kept.publish(ban.network);
  }

  #tellReleased(network: string): void {
    for (const listener of this.#listeners) listener(networkOfTarget(network));
  }
}

function factsOf({ reason, ...who }: BanLifting): BanLifting {
  return { ...(reason !== undefined && { reason }), ...actorOf(who) };
}
