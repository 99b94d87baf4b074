import { runYielding } from '../async/run-yielding.js';
import { type IpAddress, type IpNetwork, parseIpRange } from '../net/ip-address.js';
import type { ChangeOf } from '../replication/change-definition.js';
import { LocalChanges } from '../replication/local-changes.js';
import type { Replica } from '../replication/replica-follower.js';
import type { Replicator } from '../replication/replicator.js';
import { type ActiveBan, ActiveBans } from './active-bans.js';
import type { Ban, BanRecord, BanStore } from './ban.store.js';
import { BANS_CHANGED } from './ban-changes.js';
import { activeBanPages, banPages } from './ban-query.js';
import { BanSet, lastOf } from './ban-set.js';
import type { BanSettings } from './ban-settings.js';

/** Networks that are read again at a time. */
const NETWORKS_AT_ONCE = 500;

/** How long a network is held while its ban is decided, and after that could not be done. */
const HELD_MS = 60_000;

/**
 * The bans in force as this instance knows them: in memory, for the lookup on each request, and equal to what the store has. What is
 * changed while the store is asked is asked for again, so that a late answer never undoes it.
 */
export class BanReplica implements Replica<'bans'> {
  readonly follows = BANS_CHANGED;
  #active: ActiveBans;
  /** What takes the place of the bans in force once it is read. */
  #next: ActiveBans | undefined;
  /** Networks whose bans are being decided: the store may take its time, and an attacker does not. */
  readonly #held = new BanSet();
  #heldSweptAt = 0;
  readonly #changes = new LocalChanges();
  readonly #store: BanStore;

  constructor(
    private readonly options: BanSettings,
    private readonly replicator: Replicator,
  ) {
    this.#store = options.stores.bans;
    this.#active = new ActiveBans(options.bans.maxBansByRules);
  }

  /** The ban that covers an address now. @param now milliseconds since the epoch, where somebody has just looked */
  find(address: IpAddress, now: number = this.options.now()): ActiveBan | undefined {
    const ban = this.#active.find(address, now);
    const held = this.#held.find(address, now);
    if (held === undefined) return ban;
    const holding = { network: held.network, expiresAt: held.expiresAt, shadow: false, byPeople: false };
    const last = ban?.shadow ? holding : lastOf(ban, holding);
    return last && ban?.byPeople ? { ...last, byPeople: true } : last;
  }

  /** The same, but for what is still being decided. */
  findDecided(address: IpAddress): ActiveBan | undefined {
    return this.#active.find(address, this.options.now());
  }

  /** Refuses a network from now on, for a minute at most. */
  hold(network: string): void {
    const now = this.options.now();
    if (Math.abs(now - this.#heldSweptAt) > HELD_MS) {
      this.#heldSweptAt = now;
      void runYielding(this.#held.sweeping(now));
    }
    this.#held.add({ network, expiresAt: now + HELD_MS });
  }

  /** To be called when it is decided whether the network is banned. */
  endHold(network: string): void {
    this.#held.remove(network);
  }

  /** Whether this very network, or one around it, is banned now. */
  covers(network: IpNetwork, shadow: boolean): boolean {
    return this.#active.covers(network, shadow, this.options.now());
  }

  /** Follows what other instances change, and loads the bans in force. */
  async start(): Promise<void> {
    await this.replicator.follow(this);
    await this.reload();
  }

  take({ networks }: ChangeOf<'bans'>): Promise<void> {
    // A text that is no network has no bans, and must not keep the changes behind it from being taken over.
    return networks === 'all' ? this.reload() : this.refresh(networks.filter((text) => parseIpRange(text)));
  }

  async reload(): Promise<void> {
    const next = new ActiveBans(this.options.bans.maxBansByRules);
    this.#next = next;
    const watch = this.#changes.watch();
    try {
      for await (const page of activeBanPages(this.#store, this.options.now()))
        for (const ban of page) if (!watch.saw(ban.network)) next.add(ban);
      if (this.#next === next) this.#active = next;
    } finally {
      watch.end();
      if (this.#next === next) this.#next = undefined;
    }
  }

  /** What was lifted meanwhile is found when everything is loaded. */
  async recheck(since: number): Promise<void> {
    const networks = new Set<string>();
    for await (const page of banPages(this.#store, { activeAt: this.options.now() })) {
      const fresh = page.filter(({ createdAt }) => createdAt >= since);
      for (const { network } of fresh) networks.add(network);
      if (fresh.length < page.length) break;
    }
    await this.refresh([...networks]);
  }

  /**
   * Keeps bans in the store and puts them in force, unless somebody lifts them before the store has answered.
   *
   * @returns whether others had to make room for them
   */
  async save(bans: readonly BanRecord[]): Promise<boolean> {
    const watch = this.#changes.watch();
    try {
      await this.#store.save(bans);
      const undisturbed = bans.filter(({ network }) => !watch.saw(network));
      const disturbed = bans.filter(({ network }) => watch.saw(network)).map(({ network }) => network);
      this.#changes.note(undisturbed.map(({ network }) => network));
      const isCrowded = undisturbed.map((ban) => this.#add(ban)).includes(true);
      await this.refresh(disturbed);
      return isCrowded;
    } finally {
      watch.end();
    }
  }

  /** Makes the bans of some networks those that the store has. */
  async refresh(networks: readonly string[]): Promise<void> {
    for (let start = 0; start < networks.length; start += NETWORKS_AT_ONCE) {
      let wanted = networks.slice(start, start + NETWORKS_AT_ONCE);
      while (wanted.length > 0) wanted = await this.#refreshOnce(wanted);
    }
  }

  /** To be called when bans of a network were lifted in the store; one that ends earlier may have stood behind them. */
  async release(network: string): Promise<void> {
    this.#changes.note([network]);
    this.endHold(network);
    this.#remove(network);
    await this.refresh([network]);
  }

  /** To be called when the store was cleared. */
  releaseAll(): void {
    this.#changes.note(undefined);
    this.#held.clear();
    this.#active.clear();
    this.#next?.clear();
  }

  /** Drops what is over at a time (milliseconds since the epoch). */
  sweep(now: number): Promise<void> {
    return runYielding(this.#active.sweeping(now));
  }

  /** @returns the networks that were changed while the store was asked */
  async #refreshOnce(networks: readonly string[]): Promise<string[]> {
    const watch = this.#changes.watch();
    try {
      const activeAt = this.options.now();
      const bans: Ban[] = [];
      for await (const page of banPages(this.#store, { activeAt, networks })) bans.push(...page);
      for (const network of networks) if (!watch.saw(network)) this.#remove(network);
      for (const ban of bans) if (!watch.saw(ban.network)) this.#add(ban);
      return networks.filter((network) => watch.saw(network));
    } finally {
      watch.end();
    }
  }

  #add(ban: Ban): boolean {
    this.#next?.add(ban);
    return this.#active.add(ban);
  }

  #remove(network: string): void {
    this.#next?.remove(network);
    this.#active.remove(network);
  }
}
