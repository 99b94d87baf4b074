import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { IpAddress } from '../net/ip-address.js';
import type { RequestContext } from '../request/request-context.js';
import type { ActiveBan } from './active-bans.js';
import { BAN_SHADOWED } from './ban-events.js';
import { BanExemptions } from './ban-exemptions.js';
import { REFUSE_BANNED } from './ban-refusals.js';
import { BanService } from './ban-service.js';
import { lastOf } from './ban-set.js';
import { BAN_SETTINGS, type BanSettings } from './ban-settings.js';
import { BanFeeds, type FeedMatch } from './lists/ban-feeds.js';
import { type RefusedOrigin, RefusedOrigins } from './origins/refused-origins.js';
import { ProvenGuests } from './proven-guests.js';

/** The first thing a request meets: a banned address goes no further. */
@Injectable()
export class BanCheck {
  /** A request is looked up more than once, and reported once. */
  readonly #reported = new WeakSet<RequestContext>();

  constructor(
    @Inject(BAN_SETTINGS) private readonly options: BanSettings,
    private readonly bans: BanService,
    private readonly feeds: BanFeeds,
    private readonly exemptions: BanExemptions,
    private readonly origins: RefusedOrigins,
    private readonly guests: ProvenGuests,
    private readonly events: SecurityEvents,
  ) {}

  /** The refusal of an address that is banned now; undefined lets it through, and has the rules for strikes judge it. */
  screen(context: RequestContext): PortcullisError | undefined {
    context.countForStrikes();
    const now = this.options.now();
    const ban = this.#find(context.address, now);
    if (ban === undefined || this.exemptions.of(context.address) !== undefined) return undefined;
    const { network, expiresAt } = ban;
    const { answer, shadow } = this.options.bans;
    if (ban.shadow || shadow) {
      this.#reportShadow(context, network);
      return undefined;
    }
    if (this.guests.isWelcome(context) && !this.isFinal(context)) return undefined;
    const by =
      'feed' in ban
        ? ` by the feed ${ban.feed}`
        : 'condition' in ban
          ? ` by the condition ${ban.condition}`
          : '';
    return new PortcullisError(REFUSE_BANNED, `${network} is banned${by}`, {
      retryAfterSeconds: Math.ceil((expiresAt - now) / 1000),
      ...(answer === 429 && { status: answer }),
    });
  }

  /** Whether an address is banned whoever is behind it: who decides on a ban by hand means everybody who is there. */
  isFinal({ address }: RequestContext): boolean {
    const ban = this.bans.find(address);
    return ban?.byPeople === true && !ban.shadow;
  }

  /**
   * What a request is refused with, after all: an address that was banned while its credentials were looked at learns nothing of them.
   *
   * @param verdict what it would be refused with; undefined where it would be let through
   */
  verdictOn(context: RequestContext, verdict?: PortcullisError): PortcullisError | undefined {
    return context.countsForStrikes ? (this.screen(context) ?? verdict) : verdict;
  }

  #reportShadow(context: RequestContext, network: string): void {
    if (this.#reported.has(context)) return;
    this.#reported.add(context);
    this.events.emit(BAN_SHADOWED, { request: context.facts, network });
  }

  /** What refuses comes before what is only tried out; then what ends last. */
  #find(address: IpAddress, now: number): ActiveBan | FeedMatch | RefusedOrigin | undefined {
    const found = this.#findBan(address, now);
    if (found !== undefined && !found.shadow) return found;
    const origin = this.origins.find(address, now);
    return origin === undefined || (origin.shadow && found !== undefined) ? found : origin;
  }

  #findBan(address: IpAddress, now: number): ActiveBan | FeedMatch | undefined {
    const ban = this.bans.find(address, now);
    const listed = this.feeds.find(address, now);
    if (ban === undefined || listed === undefined || ban.shadow === listed.shadow) return lastOf(ban, listed);
    return ban.shadow ? listed : ban;
  }
}
