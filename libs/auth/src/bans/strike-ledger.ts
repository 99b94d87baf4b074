import { Inject, Injectable } from '@nestjs/common';
import { allOf, chain, type MaybePromise } from '../async/maybe-promise.js';
import { SecurityEvents } from '../events/security-events.js';
import { Log } from '../log.js';
import type { IpAddress, IpNetwork } from '../net/ip-address.js';
import type { RequestContext } from '../request/request-context.js';
import type { Strike } from './ban.store.js';
import { ADDRESS_STRUCK } from './ban-events.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { isAboutPath, VerifiedCrawlers } from './crawlers/verified-crawlers.js';
import type { FinishedResponse } from './finished-response.js';
import { lookingLonger, sumNameOf } from './longer-look.js';
import { type OffenderNetwork, OffenderNetworks } from './offender-networks.js';
import { ProvenGuests } from './proven-guests.js';
import { SharedAddresses } from './shared-addresses/shared-addresses.js';
import { sumKey } from './sliding-sums.js';
import { StrikeCounter } from './strike-counter.js';
import { StrikeEvidence } from './strike-evidence.js';
import type { StrikeRule } from './strike-rules.js';

/** What a network may still do by a rule before it is banned. */
export interface Allowance {
  /** Names the rule and the network. */
  readonly key: string;
  /** Strikes, one at least. */
  readonly strikes: number;
}

/** One strike on its way from the subscriber to the wider networks. */
interface Charge {
  readonly rule: StrikeRule;
  readonly response: FinishedResponse;
  /** For evidence; undefined where the same was counted by a shorter look, and told of. */
  readonly strike: Strike | undefined;
  readonly networks: readonly OffenderNetwork[];
  readonly shadow: boolean;
  readonly isPrivate: boolean;
}

/**
 * What stands against the networks around an address, by rule, and the ban when it is enough. Where points are counted in this process a
 * strike has counted, and its ban holds, before {@link charge} returns.
 */
@Injectable()
export class StrikeLedger {
  readonly counter: StrikeCounter;
  /** Where known people were served. */
  readonly shared: SharedAddresses;
  readonly #logger = new Log();
  /** Also the rules of handlers, from when they are first broken. */
  readonly #rules = new Set<StrikeRule>();
  readonly #evidence = new StrikeEvidence();
  readonly #networks: OffenderNetworks;
  readonly #crawlers: VerifiedCrawlers;
  /** What the shared limiter has not yet answered for: points of each sum, and what counts once only. */
  readonly #pointsAsked = new Map<string, number>();
  readonly #onceAsked = new Set<string>();
  /** Networks that are held for what the limiter may yet say of these sums: no ban of theirs is being decided. */
  readonly #anticipated = new Map<string, Set<string>>();

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    private readonly events: SecurityEvents,
    private readonly exemptions: BanExemptions,
    private readonly bans: BanService,
    private readonly guests: ProvenGuests,
  ) {
    this.counter = new StrikeCounter(options.now, options.bans.strikeLimiter);
    this.shared = new SharedAddresses(options.now, options.stores.sharedAddresses !== undefined);
    this.#networks = new OffenderNetworks(options.bans);
    this.#crawlers = new VerifiedCrawlers(options.bans.crawlers, options.bans.resolver);
    for (const rule of options.bans.rules) this.#rules.add(rule);
  }

  /** Whether a rule is none for whoever has broken it. */
  spares(rule: StrikeRule, context: RequestContext): boolean {
    return this.#crawlers.spares(rule, context);
  }

  /** The network that answers for an address first. */
  subscriberOf(address: IpAddress): string {
    return (this.#networks.of(address)[0] as OffenderNetwork).network.text;
  }

  /** The widest network that answers for an address. */
  widestAround(address: IpAddress): string {
    return (this.#networks.of(address).at(-1) as OffenderNetwork).network.text;
  }

  /** Notes that somebody known was served at an address: it may have more strikes. */
  noteServed(address: IpAddress, identity: string): void {
    if (this.exemptions.of(address) !== undefined) return;
    for (const { network } of this.#networks.of(address)) this.shared.note(network.text, identity);
  }

  /** Charges an address for breaking a rule, and bans what has reached its limit. @returns a promise where others have to be asked */
  charge(rule: StrikeRule, response: FinishedResponse): MaybePromise<void> {
    const charged = this.#charge(rule, response, false);
    const longer = lookingLonger(rule);
    return longer === undefined ? charged : chain(charged, () => this.#charge(longer, response, true));
  }

  #charge(rule: StrikeRule, response: FinishedResponse, isAgain: boolean): MaybePromise<void> {
    const { address } = response.context;
    const { bans, now } = this.options;
    const exemption = this.exemptions.of(address);
    if (exemption !== undefined && exemption !== 'private') return;
    const shadow = bans.shadow || rule.shadow === true;
    // What was under way when the ban came would otherwise begin the next one. What was anticipated has still to be counted.
    const active =
      bans.strikeLimiter === undefined ? this.bans.find(address) : this.bans.findDecided(address);
    if (active !== undefined && (!active.shadow || shadow))
      return this.guests.charge(rule, response.context, this.counter);

    this.#rules.add(rule);
    const networks = this.#networks.of(address);
    const points = response.pointsFor(rule, this.#limitOf(rule, networks[0] as OffenderNetwork));
    const strike = isAgain ? undefined : response.strikeBy(rule, points, now());
    const isPrivate = exemption === 'private';
    return this.#chargeFrom(0, points, { rule, response, strike, networks, shadow, isPrivate });
  }

  /**
   * Counts a strike here until the shared limiter has answered for it: a burst must not be faster than that. What this instance has asked
   * for is enough for it to refuse.
   *
   * @param once names what counts once only
   * @returns what is to be called when the limiter has answered
   */
  anticipate(rule: StrikeRule, response: FinishedResponse, once: string | undefined): () => void {
    const { bans } = this.options;
    const { address } = response.context;
    const refusesNobody = bans.shadow || rule.shadow === true || this.exemptions.of(address) !== undefined;
    if (refusesNobody || (once !== undefined && this.#onceAsked.has(once))) return () => undefined;
    if (once !== undefined) this.#onceAsked.add(once);
    const networks = this.#networks.of(address);
    const points = response.pointsFor(rule, this.#limitOf(rule, networks[0] as OffenderNetwork));
    for (const offender of networks) {
      const sum = sumOf(rule, offender.network);
      if (this.#changeAsked(sum, points) >= this.#limitOf(rule, offender))
        this.#holdFor(sum, offender.network);
    }
    return () => {
      if (once !== undefined) this.#onceAsked.delete(once);
      for (const { network } of networks) {
        const sum = sumOf(rule, network);
        // What was asked for and counted meanwhile still stands against it: the last answer decides.
        if (this.#changeAsked(sum, -points) <= 0) this.#endHoldFor(sum, network);
      }
    };
  }

  #holdFor(sum: string, network: IpNetwork): void {
    const sums = this.#anticipated.get(network.text) ?? new Set();
    this.#anticipated.set(network.text, sums.add(sum));
    this.bans.hold(network);
  }

  #endHoldFor(sum: string, network: IpNetwork): void {
    const sums = this.#anticipated.get(network.text);
    if (!sums?.delete(sum) || sums.size > 0) return;
    this.#anticipated.delete(network.text);
    this.bans.endHold(network);
  }

  #changeAsked(sum: string, by: number): number {
    const asked = (this.#pointsAsked.get(sum) ?? 0) + by;
    if (asked > 0) this.#pointsAsked.set(sum, asked);
    else this.#pointsAsked.delete(sum);
    return asked;
  }

  /** What an address and the networks around it may still do by some rules; nothing where they are never banned. */
  allowancesOf(rules: readonly StrikeRule[], address: IpAddress): MaybePromise<readonly Allowance[]> {
    if (this.options.bans.shadow || this.exemptions.of(address) !== undefined) return [];
    const networks = this.#networks.of(address);
    return allOf(
      rules
        .filter(({ shadow }) => shadow !== true)
        .flatMap((rule) => [rule, lookingLonger(rule) ?? []].flat())
        .flatMap((rule) =>
          networks.map((offender, level) => {
            const key = sumOf(rule, offender.network);
            return chain(
              this.counter.get('network', key, this.#windowOf(rule, level)),
              (total): Allowance => {
                const points = Math.min(rule.score, this.#limitOf(rule, networks[0] as OffenderNetwork));
                const strikes = Math.ceil((this.#limitOf(rule, offender) - total) / points);
                // A ban that could not be decided is proposed again by the next strike, which has to come from somewhere.
                return { key, strikes: Math.max(1, strikes) };
              },
            );
          }),
        ),
    );
  }

  /** Lets a network begin anew. */
  async forget(network: IpNetwork): Promise<void> {
    this.#evidence.forget(network.text);
    const rules = [...this.#rules].flatMap((rule) => [rule, lookingLonger(rule) ?? []].flat());
    await Promise.all(rules.map((rule) => this.#reset(rule, network)));
  }

  #limitOf({ limitFactor = 1 }: StrikeRule, { network, factor }: OffenderNetwork): number {
    return this.options.bans.strikeLimit * limitFactor * factor * this.shared.factorOf(network.text);
  }

  #chargeFrom(level: number, points: number, charge: Charge): MaybePromise<void> {
    const { rule, networks, strike } = charge;
    const offender = networks[level] as OffenderNetwork;
    const sum = sumOf(rule, offender.network);
    if (strike !== undefined) this.#evidence.add(offender.network.text, strike);
    return chain(this.counter.add('network', sum, points, this.#windowOf(rule, level)), (total) =>
      this.#weigh(level, points, total, charge),
    );
  }

  #weigh(level: number, points: number, total: number, charge: Charge): MaybePromise<void> {
    const { rule, response, strike, networks, shadow, isPrivate } = charge;
    const offender = networks[level] as OffenderNetwork;
    const limit = this.#limitOf(rule, offender);
    if (level === 0 && strike !== undefined) {
      const { reason, context } = response;
      const request = context.facts;
      this.events.emit(ADDRESS_STRUCK, { request, rule: rule.id, points, total, limit, shadow, reason });
    }
    if (total < limit) return this.#chargeWider(level, points, limit, charge);
    if (isPrivate) return this.exemptions.warnOf(response.context.address);
    // The network is refused from here on; nobody waits until that is in the store.
    void this.#ban(rule, offender.network, total, shadow);
    return this.#chargeWider(level, points, limit, charge);
  }

  /**
   * A neighbour counts for the wider network up to its own limit and no farther, so that there have to be several. Its own sum shows
   * nothing: it begins anew with each ban.
   */
  #chargeWider(level: number, points: number, limit: number, charge: Charge): MaybePromise<void> {
    const { rule, networks } = charge;
    const wider = networks[level + 1];
    if (wider === undefined) return undefined;
    const { network } = networks[level] as OffenderNetwork;
    const part = sumKey(sumNameOf(rule), network.text, 'in', wider.network.text);
    return chain(this.counter.add('share', part, points, this.#windowOf(rule, level + 1)), (given) => {
      const rest = Math.min(points, Math.max(0, limit - (given - points)));
      return rest === 0 ? undefined : this.#chargeFrom(level + 1, rest, charge);
    });
  }

  async #ban(rule: StrikeRule, network: IpNetwork, total: number, shadow: boolean): Promise<void> {
    this.#anticipated.delete(network.text);
    const strikes = this.#evidence.of(network.text);
    const reason = `${total} points by the rule ${rule.id}`;
    try {
      const isBanned = await this.bans.banByRule(network, { rule: rule.id, reason, shadow, strikes });
      // What stood against it before somebody objected still does.
      if (!isBanned) return;
      await this.#reset(rule, network);
      this.#evidence.forget(network.text);
      if (isAboutPath(rule) && (await this.#crawlers.isIn(network.text))) await this.#liftFrom(network);
    } catch (error) {
      this.#logger.error(`${network.text} could not be banned, and is refused for a minute`, error);
    }
  }

  /** Its crawler was too quick for us: it was known only after the ban. */
  async #liftFrom({ text }: IpNetwork): Promise<void> {
    const { bans } = await this.bans.list({ network: text });
    for (const { id, rule } of bans)
      if (rule !== null) await this.bans.unban(id, { reason: 'a crawler that is who it says' });
  }

  /** Neighbours are looked at for as long as the first of them stays banned: they may well come one after another. */
  #windowOf({ windowSeconds }: StrikeRule, level: number): number {
    return level === 0 ? windowSeconds : windowSeconds + (this.options.bans.durationsSeconds[0] as number);
  }

  async #reset(rule: StrikeRule, network: IpNetwork): Promise<void> {
    const sum = sumOf(rule, network);
    await this.counter.reset('network', sum, this.#windowOf(rule, 0));
    await this.counter.reset('network', sum, this.#windowOf(rule, 1));
  }
}

function sumOf(rule: StrikeRule, { text }: IpNetwork): string {
  return sumKey(sumNameOf(rule), text);
}
