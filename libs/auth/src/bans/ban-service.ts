import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { SecurityEvents } from '../events/security-events.js';
import type { IpAddress, IpNetwork } from '../net/ip-address.js';
import { atBoot } from '../options/available-store.js';
import { Replicator } from '../replication/replicator.js';
import type { ActiveBan } from './active-bans.js';
import type { Ban, BanRecord } from './ban.store.js';
import { banByHand } from './ban-by-hand.js';
import { BanByRule, type RuleBan } from './ban-by-rule.js';
import type { BanDetails, BanLifting } from './ban-details.js';
import { importByHand } from './ban-import.js';
import { BanLifter } from './ban-lifter.js';
import { activeBanPages, type BanFilter, type BanPage, explainBans, readBans } from './ban-query.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { KeptBans } from './kept-bans.js';
import type { ListedNetwork } from './lists/ban-list.js';

/** Everything that may be asked and done about bans. */
@Injectable()
export class BanService implements OnModuleInit {
  readonly #kept: KeptBans;
  readonly #byRule: BanByRule;
  readonly #lifter: BanLifter;

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    private readonly events: SecurityEvents,
    replicator: Replicator,
  ) {
    this.#kept = new KeptBans(options, replicator);
    this.#byRule = new BanByRule(this.#kept, events);
    this.#lifter = new BanLifter(this.#kept, this.#byRule, events);
  }

  async onModuleInit(): Promise<void> {
    await atBoot(this.#kept.replica.start());
  }

  /**
   * The ban that covers an address now, of several the one that ends last. Answered from memory.
   *
   * @param now milliseconds since the epoch, where somebody has just looked: to ask a clock takes as long as to find no ban
   */
  find(address: IpAddress, now?: number): ActiveBan | undefined {
    return this.#kept.replica.find(address, now);
  }

  /** The ban that covers an address now, if that is decided: not one that is held meanwhile. */
  findDecided(address: IpAddress): ActiveBan | undefined {
    return this.#kept.replica.findDecided(address);
  }

  /**
   * The bans that match, newest first.
   *
   * @throws InputError when the target, the network, the cursor or the limit make no sense
   */
  list(filter: BanFilter = {}): Promise<BanPage> {
    return readBans(this.#kept.store, filter, this.options.now());
  }

  /** Every ban in force, shadows too, read page by page: those that end last first. */
  async *all(): AsyncIterable<Ban> {
    for await (const page of activeBanPages(this.#kept.store, this.options.now())) yield* page;
  }

  /**
   * Why an address or a network is banned, or was: the bans of it and of the networks around it that are remembered, newest
   * first, with the strikes that led to them. Of very many, the newest 500.
   *
   * @throws InputError when the target is neither
   */
  why(target: string): Promise<readonly BanRecord[]> {
    return explainBans(this.#kept.store, target);
  }

  /** A ban by its id, in force or over, with the strikes that led to it. */
  findById(id: string): Promise<BanRecord | undefined> {
    return this.#kept.store.findById(id);
  }

  /**
   * Bans an address or a network. It holds in this process from the moment the promise resolves, and in others as soon as it
   * reaches them.
   *
   * @param target an address or a network in CIDR notation
   * @throws InputError when the target is neither, or the time makes no sense
   */
  ban(target: string, details: BanDetails): Promise<Ban> {
    return banByHand(target, details, this.#kept, this.events);
  }

  /**
   * Bans every network of a list. An entry's own end and reason go before the given ones. A network that somebody has banned for at
   * least as long is skipped; one that the same actor has banned for the same reason is banned for longer instead of once more.
   * Part after part is saved and in force: when one fails, what was before it stays, and is reported.
   *
   * @throws InputError when an entry is no network, or a time makes no sense
   */
  import(
    networks: Iterable<ListedNetwork>,
    details: BanDetails,
  ): Promise<{ imported: number; skipped: number }> {
    return importByHand(networks, details, this.#kept, this.events);
  }

  /** Refuses a network from now on, until its ban is decided, and for a minute at most. */
  hold(network: IpNetwork): void {
    this.#kept.replica.hold(network.text);
  }

  /** Lets a network in again that was held, and is not to be banned after all. */
  endHold(network: IpNetwork): void {
    this.#kept.replica.endHold(network.text);
  }

  /**
   * Bans a network because of a rule, unless it is banned already or somebody who listens to `ban.proposed` objects. While a ban
   * is being decided the network is refused already, and further calls wait for that one. Where the store fails, the network stays
   * refused for a minute.
   *
   * @returns whether the network is banned; not where somebody objects
   */
  banByRule(network: IpNetwork, why: RuleBan): Promise<boolean> {
    return this.#byRule.decide(network, why);
  }

  /**
   * Lifts a ban. The next one of this network still lasts longer than it did.
   *
   * @returns the lifted ban, or undefined when none with this id is in force
   */
  unban(id: string, lifting: BanLifting = {}): Promise<Ban | undefined> {
    return this.#lifter.unban(id, lifting);
  }

  /**
   * Lifts every ban of exactly this network and forgets that there was any: the next one is a first offence.
   *
   * @returns the newest of them, or undefined when nothing is known of the network
   * @throws InputError when the target is neither an address nor a network
   */
  forgive(target: string, lifting: BanLifting = {}): Promise<Ban | undefined> {
    return this.#lifter.forgive(target, lifting);
  }

  /**
   * Lifts and forgets all bans.
   *
   * @returns how many were known, in force or over
   */
  clear(lifting: BanLifting = {}): Promise<number> {
    return this.#lifter.clear(lifting);
  }

  /**
   * Calls the listener with every network that is let in again, so that it starts with a clean sheet.
   *
   * @returns a function that ends the subscription
   */
  onRelease(listener: (network: IpNetwork) => void): () => void {
    return this.#lifter.onRelease(listener);
  }
}
