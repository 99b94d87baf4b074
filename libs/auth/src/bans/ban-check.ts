import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { IpAddress } from '../net/ip-address.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import type { RequestContext } from '../request/request-context.js';
import type { ActiveBan } from './active-bans.js';
import { BanExemptions } from './ban-exemptions.js';
import { BanService } from './ban-service.js';
import { BanFeeds, type FeedMatch } from './lists/ban-feeds.js';

/** The first thing a request meets: a banned address goes no further. */
@Injectable()
export class BanCheck {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly bans: BanService,
    private readonly feeds: BanFeeds,
    private readonly exemptions: BanExemptions,
    private readonly events: SecurityEvents,
  ) {}

  /** The refusal of a banned address, looked up once per request; undefined lets it through. */
  screen(context: RequestContext): PortcullisError | undefined {
    if (context.screened) return undefined;
    context.screened = true;
    const now = this.options.now();
    const ban = this.#find(context.address, now);
    if (ban === undefined || this.exemptions.of(context.address) !== undefined) return undefined;
    const { network, expiresAt } = ban;
    const { answer, shadow } = this.options.bans;
    if (ban.shadow || shadow) {
      this.events.emit({ type: 'ban.shadowed', request: context.facts, network });
      return undefined;
    }
    const by = 'feed' in ban ? ` by the feed ${ban.feed}` : '';
    return new PortcullisError('address_banned', `${network} is banned${by}`, {
      retryAfterSeconds: Math.ceil((expiresAt - now) / 1000),
      ...(answer === 429 && { status: answer }),
    });
  }

  /** What refuses comes before what is only tried out. */
  #find(address: IpAddress, now: number): ActiveBan | FeedMatch | undefined {
    const ban = this.bans.find(address);
    if (ban !== undefined && !ban.shadow) return ban;
    const listed = this.feeds.find(address, now);
    return listed === undefined || (listed.shadow && ban !== undefined) ? ban : listed;
  }
}
