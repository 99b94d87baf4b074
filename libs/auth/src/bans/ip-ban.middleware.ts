import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import type { Exchange } from '../identity/exchange.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { BanService } from './ban.service.js';
import { BanExemptions } from './ban-exemptions.js';

/** The first thing a request meets: a banned address goes no further. */
@Injectable()
export class IpBanMiddleware {
  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly bans: BanService,
    private readonly exemptions: BanExemptions,
    private readonly events: SecurityEvents,
  ) {}

  /** The refusal of a banned address, looked up once per request; undefined lets it through. */
  screen(exchange: Exchange): PortcullisError | undefined {
    if (exchange.screened) return undefined;
    exchange.screened = true;
    const ban = this.bans.find(exchange.address);
    if (ban === undefined || this.exemptions.of(exchange.address) !== undefined) return undefined;
    const { network } = ban;
    if (ban.shadow || this.options.bans.shadow) {
      this.events.emit({ type: 'ban.shadowed', request: exchange.facts, network });
      return undefined;
    }
    const { answer } = this.options.bans;
    return new PortcullisError('address_banned', `${network} is banned`, {
      ...(answer === 429 && { status: answer }),
      retryAfterSeconds: Math.ceil((ban.expiresAt - this.options.now()) / 1000),
    });
  }
}
