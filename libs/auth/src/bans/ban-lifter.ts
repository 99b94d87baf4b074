import type { PortcullisError } from '../errors.js';
import { actorOf } from '../events/security-event.js';
import type { SecurityEvents } from '../events/security-events.js';
import type { IpNetwork } from '../net/ip-address.js';
import type { OpenTransaction } from '../replication/change-feed.js';
import type { Ban } from './ban.store.js';
import type { BanByRule } from './ban-by-rule.js';
import type { BanLifting } from './ban-details.js';
import { ADDRESS_UNBANNED, BANS_CLEARED } from './ban-events.js';
import { banPages, networkOfTarget } from './ban-query.js';
import type { KeptBans } from './kept-bans.js';

/** How bans are ended, and who has decided it. */
interface Ending extends BanLifting {
  readonly forgiven: boolean;
}

/** @returns the ban that has ended by it */
type End = (transaction?: OpenTransaction) => Promise<Ban | undefined>;

/** Lets networks in again. */
export class BanLifter {
  readonly #listeners = new Set<(network: IpNetwork) => void>();

  constructor(
    private readonly kept: KeptBans,
    private readonly byRule: BanByRule,
    private readonly events: SecurityEvents,
  ) {}

  /** @returns the lifted ban, or undefined when none with this id is in force */
  async unban(id: string, lifting: BanLifting): Promise<Ban | undefined> {
    const { store, options } = this.kept;
    // Also where it was lifted before: who has done that may have died before the others were told.
    const known = await store.findById(id);
    if (known === undefined) return undefined;
    const by = lifting.actor ?? null;
    return this.#end(known.network, { ...lifting, forgiven: false }, (transaction) =>
      store.lift(id, options.now(), by, transaction),
    );
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
      // Who has forgotten it may have died before the others were told.
      await this.kept.publish(network);
      return undefined;
    }
    return this.#end(network, { ...lifting, forgiven: true }, async (transaction) => {
      await store.forget(network, transaction);
      return ban;
    });
  }

  /** @returns how many bans were known, in force or over */
  async clear(lifting: BanLifting): Promise<number> {
    await this.byRule.settled();
    const { replica } = this.kept;
    const { count, doubt } = await this.#forgetAll();
    replica.releaseAll();
    this.events.emit(BANS_CLEARED, { count, ...factsOf(lifting) });
    // Those that came meanwhile hold. Where the store fails now, the next look for what is new finds them.
    await replica.reload().catch(() => undefined);
    // Who has cleared some before may have died before the others were told.
    await this.kept.publishAll();
    if (doubt !== undefined) throw doubt;
    return count;
  }

  /** @returns a function that ends the subscription */
  onRelease(listener: (network: IpNetwork) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Page by page, each told by itself: whoever dies in the middle leaves none in force elsewhere that is gone. What comes meanwhile is newer
   * than the first page, and is not waited for: in an attack there would be no end.
   */
  async #forgetAll(): Promise<{ readonly count: number; readonly doubt: PortcullisError | undefined }> {
    const { store, replica } = this.kept;
    let count = 0;
    let doubt: PortcullisError | undefined;
    try {
      for await (const page of banPages(store, {})) {
        if (page.length === 0) continue;
        const networks = new Set(page.map(({ network }) => network));
        const ids = page.map(({ id }) => id);
        const part = await this.kept.endAndPublish([...networks], (transaction) =>
          store.forgetByIds(ids, transaction),
        );
        count += part.ended ?? 0;
        doubt ??= part.doubt;
      }
    } catch (error) {
      // What is gone must not go on in memory.
      await replica.reload().catch(() => undefined);
      throw error;
    }
    return { count, doubt };
  }

  async #end(network: string, { forgiven, ...lifting }: Ending, end: End): Promise<Ban | undefined> {
    const { ended, doubt } = await this.kept.endAndPublish([network], end);
    if (ended !== undefined) {
      await this.kept.replica.release(network);
      this.#tellReleased(network);
      this.events.emit(ADDRESS_UNBANNED, { ban: ended, forgiven, ...factsOf(lifting) });
    }
    if (doubt !== undefined) throw doubt;
    return ended;
  }

  #tellReleased(network: string): void {
    for (const listener of this.#listeners) listener(networkOfTarget(network));
  }
}

function factsOf({ reason, ...who }: BanLifting): BanLifting {
  return { ...(reason !== undefined && { reason }), ...actorOf(who) };
}
