import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
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
  ) {}

  /** The refusal of a banned address, looked up once per request; undefined lets it through. */
  screen(exchange: Exchange): PortcullisError | undefined {
    if (exchange.screened) return undefined;
    exchange.screened = true;
    const ban = this.bans.find(exchange.address);
    if (ban === undefined || this.exemptions.of(exchange.address) !== undefined) return undefined;
    return new PortcullisError('address_banned', `ban ${ban.id} of ${ban.network}: ${ban.reason}`, {
      retryAfterSeconds: Math.ceil((ban.expiresAt - this.options.now()) / 1000),
    });
  }
}
