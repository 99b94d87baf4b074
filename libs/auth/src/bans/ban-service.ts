import { setImmediate as nextTurn } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type Actor, actorOf } from '../events/security-event.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log } from '../log.js';
import type { IpAddress, IpNetwork } from '../net/ip-address.js';
import { Replicator } from '../replication/replicator.js';
import type { ActiveBan } from './active-bans.js';
import type { Ban, BanRecord, BanStore, Strike } from './ban.store.js';
import { BANS_CHANGED } from './ban-changes.js';
import { banBefore, decideBan } from './ban-decision.js';
import { refuseOddTime } from './ban-durations.js';
import {
  ADDRESS_BANNED,
  ADDRESS_UNBANNED,
  BAN_PROPOSED,
  BAN_VETOED,
  BANS_CLEARED,
  BANS_IMPORTED,
} from './ban-events.js';
import { importBans } from './ban-import.js';
import { BanProposal, withoutStrikes } from './ban-proposal.js';
import {
  activeBanPages,
  type BanFilter,
  type BanPage,
  explainBans,
  networkOfTarget,
  readBans,
} from './ban-query.js';
import { BanReplica } from './ban-replica.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import type { ListedNetwork } from './lists/ban-list.js';

export interface BanDetails extends Actor {
  /** Why, for the operator. */
  readonly reason: string;
  /** How long, in seconds. By default as long as the offender's history asks for (`bans.durationsSeconds`). */
  readonly seconds?: number;
}

/** Who lifts a ban, and why. */
export interface BanLifting extends Actor {
  /** Why, for other operators. */
  readonly reason?: string;
}

/** A ban by a rule, with what led to it. */
export interface RuleBan {
  readonly rule: string;
  readonly reason: string;
  readonly shadow: boolean;
  readonly strikes: readonly Strike[];
}

const SWEEP_EVERY_MS = 60_000;

/** Decides on bans, keeps them, and answers whether an address is banned. */
@Injectable()
export class BanService implements OnModuleInit {
  readonly #logger = new Log();
  readonly #replica: BanReplica;
  readonly #store: BanStore;
  /** Bans being decided, by network, so that a burst of strikes makes one ban and not several; whether there is one then. */
  readonly #deciding = new Map<string, Promise<boolean>>();
  readonly #releaseListeners = new Set<(network: IpNetwork) => void>();
  #sweptAt = 0;

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    private readonly events: SecurityEvents,
    private readonly replicator: Replicator,
  ) {
    this.#store = options.stores.bans;
    this.#replica = new BanReplica(options, replicator);
  }

  async onModuleInit(): Promise<void> {
    await this.#replica.start();
  }

  /** The ban that covers an address now, of several the one that ends last. Answered from memory. */
  find(address: IpAddress): ActiveBan | undefined {
    return this.#replica.find(address);
  }

  /** The ban that covers an address now, if that is decided: not one that is held meanwhile. */
  findDecided(address: IpAddress): ActiveBan | undefined {
    return this.#replica.findDecided(address);
  }

  /**
   * The bans that match, newest first.
   *
   * @throws InputError when the target, the network, the cursor or the limit make no sense
   */
  list(filter: BanFilter = {}): Promise<BanPage> {
    return readBans(this.#store, filter, this.options.now());
  }

  /** Every ban in force, shadows too, read page by page: those that end last first. */
  async *all(): AsyncIterable<Ban> {
    for await (const page of activeBanPages(this.#store, this.options.now())) yield* page;
  }

  /**
   * Why an address or a network is banned, or was: the bans of it and of the networks around it that are remembered, newest
   * first, with the strikes that led to them. Of very many, the newest 500.
   *
   * @throws InputError when the target is neither
   */
  why(target: string): Promise<readonly BanRecord[]> {
    return explainBans(this.#store, target);
  }

  /** A ban by its id, in force or over, with the strikes that led to it. */
  findById(id: string): Promise<BanRecord | undefined> {
    return this.#store.findById(id);
  }

  /**
   * Bans an address or a network. It holds in this process from the moment the promise resolves, and in others as soon as it
   * reaches them.
   *
   * @param target an address or a network in CIDR notation
   * @throws InputError when the target is neither, or the time makes no sense
   */
  async ban(target: string, { reason, seconds, ...who }: BanDetails): Promise<Ban> {
    refuseOddTime(seconds);
    const network = networkOfTarget(target).text;
    const { shadow } = this.options.bans;
    const wish = { reason, rule: null, actor: who.actor ?? null, shadow, seconds };
    const before = await banBefore(this.#store, network, shadow, this.options.now());
    const record = decideBan(network, wish, before, this.options);
    await this.#enforce(record);
    const ban = withoutStrikes(record);
    this.events.emit(ADDRESS_BANNED, { ban, ...actorOf(who) });
    await this.#publish(ban.network);
    return ban;
  }

  /**
   * Bans every network of a list. An entry's own end and reason go before the given ones. A network that somebody has banned for at
   * least as long is skipped; one that the same actor has banned for the same reason is banned for longer instead of once more.
   * Part after part is saved and in force: when one fails, what was before it stays, and is reported.
   *
   * @throws InputError when an entry is no network, or a time makes no sense
   */
  async import(
    networks: Iterable<ListedNetwork>,
    { reason, seconds, ...who }: BanDetails,
  ): Promise<{ imported: number; skipped: number }> {
    refuseOddTime(seconds);
    const decision = { reason, seconds, actor: who.actor ?? null, shadow: this.options.bans.shadow };
    const save = (bans: readonly BanRecord[]) => this.#replica.save(bans);
    const place = { store: this.#store, options: this.options, save };
    let [imported, skipped] = [0, 0];
    try {
      for await (const part of importBans(networks, decision, place)) {
        imported += part.imported;
        skipped += part.skipped;
        await nextTurn();
      }
    } finally {
      if (imported > 0) this.events.emit(BANS_IMPORTED, { count: imported, ...actorOf(who) });
    }
    if (imported > 0) await this.replicator.publish(BANS_CHANGED, { networks: 'all' });
    await this.#sweep(this.options.now(), false);
    return { imported, skipped };
  }

  /** Refuses a network from now on, until its ban is decided, and for a minute at most. */
  hold(network: IpNetwork): void {
    this.#replica.hold(network.text);
  }

  /** Lets a network in again that was held, and is not to be banned after all. */
  endHold(network: IpNetwork): void {
    this.#replica.endHold(network.text);
  }

  /**
   * Bans a network because of a rule, unless it is banned already or somebody who listens to `ban.proposed` objects. While a ban
   * is being decided the network is refused already, and further calls wait for that one. Where the store fails, the network stays
   * refused for a minute.
   *
   * @returns whether the network is banned; not where somebody objects
   */
  async banByRule(network: IpNetwork, why: RuleBan): Promise<boolean> {
    if (this.#replica.covers(network, why.shadow)) {
      this.endHold(network);
      return true;
    }
    if (!why.shadow) this.hold(network);
    const key = `${network.text} ${why.shadow}`;
    const underWay = this.#deciding.get(key);
    if (underWay !== undefined) return underWay;
    const decision = this.#banByRule(network.text, why)
      .then((isBanned) => {
        this.endHold(network);
        return isBanned;
      })
      .finally(() => this.#deciding.delete(key));
    this.#deciding.set(key, decision);
    return decision;
  }

  /**
   * Lifts a ban. The next one of this network still lasts longer than it did.
   *
   * @returns the lifted ban, or undefined when none with this id is in force
   */
  async unban(id: string, lifting: BanLifting = {}): Promise<Ban | undefined> {
    const ban = await this.#store.lift(id, this.options.now(), lifting.actor ?? null);
    if (ban === undefined) return undefined;
    await this.#release(ban.network);
    this.events.emit(ADDRESS_UNBANNED, { ban, forgiven: false, ...liftingFacts(lifting) });
    await this.#publish(ban.network);
    return ban;
  }

  /**
   * Lifts every ban of exactly this network and forgets that there was any: the next one is a first offence.
   *
   * @returns the newest of them, or undefined when nothing is known of the network
   * @throws InputError when the target is neither an address nor a network
   */
  async forgive(target: string, lifting: BanLifting = {}): Promise<Ban | undefined> {
    const network = networkOfTarget(target).text;
    // It would otherwise come after the forgiveness of what led to it.
    await Promise.allSettled([true, false].map((shadow) => this.#deciding.get(`${network} ${shadow}`)));
    this.#replica.endHold(network);
    const [ban] = await this.#store.list({ networks: [network], limit: 1 });
    // Also where no ban could be made: what would have led to it is forgiven.
    if (ban === undefined) {
      this.#tellReleased(network);
      return undefined;
    }
    await this.#store.forget(network);
    await this.#release(network);
    this.events.emit(ADDRESS_UNBANNED, { ban, forgiven: true, ...liftingFacts(lifting) });
    await this.#publish(network);
    return ban;
  }

  /**
   * Lifts and forgets all bans.
   *
   * @returns how many were known, in force or over
   */
  async clear(lifting: BanLifting = {}): Promise<number> {
    await Promise.allSettled(this.#deciding.values());
    const count = await this.#cleared();
    this.#replica.releaseAll();
    this.events.emit(BANS_CLEARED, { count, ...liftingFacts(lifting) });
    await this.replicator.publish(BANS_CHANGED, { networks: 'all' });
    // Those that came meanwhile hold. Where the store fails now, the next look for what is new finds them.
    await this.#replica.reload().catch(() => undefined);
    return count;
  }

  /**
   * Calls the listener with every network that is let in again, so that it starts with a clean sheet.
   *
   * @returns a function that ends the subscription
   */
  onRelease(listener: (network: IpNetwork) => void): () => void {
    this.#releaseListeners.add(listener);
    return () => this.#releaseListeners.delete(listener);
  }

  /** Where it fails in the middle, what is gone must not go on in memory. */
  async #cleared(): Promise<number> {
    try {
      const [newest] = await this.#store.list({ limit: 1 });
      if (newest === undefined) return 0;
      // What comes meanwhile is not waited for: in an attack there would be no end.
      for (let count = 0; ; ) {
        const part = await this.#store.clear();
        count += part;
        if (part === 0 || (await this.#store.findById(newest.id)) === undefined) return count;
      }
    } catch (error) {
      await this.#replica.reload().catch(() => undefined);
      await this.replicator.publish(BANS_CHANGED, { networks: 'all' }).catch(() => undefined);
      throw error;
    }
  }

  async #banByRule(network: string, { strikes, ...why }: RuleBan): Promise<boolean> {
    // Another instance may have come first; a second ban would count as a second offence.
    const before = await banBefore(this.#store, network, why.shadow, this.options.now());
    if (before !== undefined && before.expiresAt > this.options.now()) {
      await this.#replica.refresh([network]);
      return true;
    }
    const record = decideBan(network, { ...why, actor: null }, before, this.options);
    const proposal = new BanProposal({ ...record, strikes });
    this.events.emit(BAN_PROPOSED, { proposal });
    const ban = withoutStrikes(proposal.ban);
    if (proposal.vetoReason !== undefined) {
      this.events.emit(BAN_VETOED, { ban, reason: proposal.vetoReason });
      return false;
    }
    await this.#enforce(proposal.ban);
    this.events.emit(ADDRESS_BANNED, { ban });
    // What can't be published now will be later, which is all that can be done.
    await this.#publish(network).catch(() => undefined);
    return true;
  }

  async #enforce(record: BanRecord): Promise<void> {
    const isCrowded = await this.#replica.save([record]);
    // What comes of it has no time to wait until very many old ones are forgotten.
    void this.#sweep(record.createdAt, isCrowded);
  }

  async #release(network: string): Promise<void> {
    await this.#replica.release(network);
    this.#tellReleased(network);
  }

  #tellReleased(network: string): void {
    for (const listener of this.#releaseListeners) listener(networkOfTarget(network));
  }

  /** @throws PortcullisError `temporarily_unavailable` when other instances may not know of it yet */
  #publish(network: string): Promise<void> {
    return this.replicator.publish(BANS_CHANGED, { networks: [network] });
  }

  async #sweep(now: number, isCrowded: boolean): Promise<void> {
    // A clock that was set back is no reason to wait until it has caught up.
    if (Math.abs(now - this.#sweptAt) < SWEEP_EVERY_MS && !isCrowded) return;
    this.#sweptAt = now;
    void this.#replica.sweep(now);
    const { forgetAfterSeconds, maxBansByRules } = this.options.bans;
    try {
      await this.#store.forgetExpiredBefore(now - forgetAfterSeconds * 1000);
      await this.#store.trim(maxBansByRules);
    } catch (error) {
      this.#logger.warn(`Old bans could not be forgotten: ${error}`);
    }
  }
}

function liftingFacts({ reason, ...who }: BanLifting): BanLifting {
  return { ...(reason !== undefined && { reason }), ...actorOf(who) };
}
