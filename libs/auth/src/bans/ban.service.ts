import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type Actor, actorOf, type RequestFacts, SecurityEvents } from '../events/security-events.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import type { Ban, BanStore } from './ban.store.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanSet } from './ban-set.js';
import { type IpAddress, parseIpNetwork, subscriberNetworkOf } from './ip-address.js';
import { StrikeCounter } from './strike-counter.js';

export interface BanDetails extends Actor {
  /** Why, for the operator. */
  readonly reason: string;
  /** How long, in seconds. By default as long as the offender's history asks for (`bans.durationsSeconds`). */
  readonly seconds?: number;
}

const SWEEP_EVERY_MS = 60_000;

/** Decides on bans, keeps them, and answers whether an address is banned. */
@Injectable()
export class BanService implements OnModuleInit {
  readonly #logger = new Logger('Portcullis');
  readonly #set = new BanSet();
  readonly #strikes: StrikeCounter;
  readonly #store: BanStore;
  /** Bans being decided, by network, so that a burst of offences makes one ban and not several. */
  readonly #deciding = new Map<string, Promise<Ban>>();
  #sweptAt = 0;

  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: SecurityEvents,
    private readonly exemptions: BanExemptions,
  ) {
    this.#store = options.stores.bans;
    this.#strikes = new StrikeCounter(options.bans.windowSeconds);
  }

  async onModuleInit(): Promise<void> {
    for (const ban of await this.list()) this.#set.add(ban);
  }

  /** The ban that covers an address now. Answered from memory. */
  find(address: IpAddress): Ban | undefined {
    return this.#set.find(address, this.options.now());
  }

  /** Every ban in force, newest first. */
  list(): Promise<readonly Ban[]> {
    return this.#store.findActive(this.options.now());
  }

  /**
   * Bans an address or a network. It holds in this process from the moment the promise resolves.
   *
   * @param target an address or a network in CIDR notation
   * @throws TypeError when the target is neither, or the time makes no sense
   */
  async ban(target: string, { reason, seconds, ...who }: BanDetails): Promise<Ban> {
    const network = parseIpNetwork(target)?.text;
    if (network === undefined)
      throw new TypeError('The target of a ban is an IP address or a network in CIDR notation');

    if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0)) {
      throw new TypeError('seconds must be a positive number');
    }
    const createdAt = this.options.now();
    const offence = await this.#nextOffence(network, createdAt);
    const duration = seconds ?? this.#durationOf(offence);
    const ban: Ban = {
      id: randomUUID(),
      network,
      reason,
      offence,
      createdAt,
      expiresAt: createdAt + duration * 1000,
    };
    await this.#store.save(ban);
    this.#set.add(ban);
    this.events.emit({ type: 'address.banned', ban, ...actorOf(who) });
    await this.#sweep(createdAt);
    return ban;
  }

  /**
   * Bans the subscriber behind an address: the IPv4 address or the IPv6 /64. While a ban is being
   * decided or is in force, further calls return that one.
   */
  async banSubscriber(address: IpAddress, reason: string): Promise<Ban> {
    const network = subscriberNetworkOf(address).text;
    const deciding = this.#deciding.get(network);
    if (deciding !== undefined) return deciding;
    const decision = this.#banUnlessBanned(address, network, reason).finally(() =>
      this.#deciding.delete(network),
    );
    this.#deciding.set(network, decision);
    return decision;
  }

  /**
   * Lifts a ban and forgets it, so that it doesn't lengthen a later one.
   *
   * @returns the lifted ban, or undefined when there is none with this id
   */
  async unban(id: string, who: Actor = {}): Promise<Ban | undefined> {
    const ban = await this.#store.remove(id);
    if (ban === undefined) return undefined;
    this.#set.remove(ban);
    // A shorter ban of the same network stood behind it.
    for (const other of await this.list()) {
      if (other.network === ban.network) this.#set.add(other);
    }
    await this.#strikes.reset(ban.network);
    this.events.emit({ type: 'address.unbanned', ban, ...actorOf(who) });
    return ban;
  }

  /** Counts an offence, and bans at the limit. A store that fails is logged: the response is long on its way. */
  async strike(address: IpAddress, points: number, request: RequestFacts, reason: string): Promise<void> {
    try {
      const total = await this.#strikes.add(subscriberNetworkOf(address).text, points);
      this.events.emit({ type: 'address.struck', request, points, total, reason });
      if (total >= this.options.bans.strikeLimit) {
        if (this.exemptions.of(address) === 'private') return this.exemptions.warnOf(address);
        await this.banSubscriber(address, `${total} strikes, the last one for ${reason}`);
      }
    } catch (error) {
      this.#logger.error('A strike could not be counted', error instanceof Error ? error.stack : undefined);
    }
  }

  async #banUnlessBanned(address: IpAddress, network: string, reason: string): Promise<Ban> {
    const ban = this.find(address) ?? (await this.ban(network, { reason }));
    await this.#strikes.reset(network);
    return ban;
  }

  async #nextOffence(network: string, now: number): Promise<number> {
    const latest = await this.#store.findLatest(network);
    const forgotten = latest === undefined || this.#isForgotten(latest, now);
    return forgotten ? 1 : latest.offence + 1;
  }

  #isForgotten(ban: Ban, now: number): boolean {
    return ban.expiresAt + this.options.bans.forgetAfterSeconds * 1000 <= now;
  }

  #durationOf(offence: number): number {
    const { durationsSeconds } = this.options.bans;
    return durationsSeconds[Math.min(offence, durationsSeconds.length) - 1] as number;
  }

  async #sweep(now: number): Promise<void> {
    if (now - this.#sweptAt < SWEEP_EVERY_MS) return;
    this.#sweptAt = now;
    this.#set.sweep(now);
    try {
      await this.#store.forgetExpiredBefore(now - this.options.bans.forgetAfterSeconds * 1000);
    } catch (error) {
      this.#logger.warn(`Old bans could not be forgotten: ${error}`);
    }
  }
}
