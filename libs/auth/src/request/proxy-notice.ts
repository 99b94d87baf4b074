import { Injectable } from '@nestjs/common';
import { Log } from '../log.js';
import type { RequestContext } from './request-context.js';

/** Peers that are told of; anybody can send the header. */
const MOST = 10;

/** Tells the operator of a proxy that nobody has named, once each: until it is, all its clients count as one, and TLS that it ends as none. */
@Injectable()
export class ProxyNotice {
  readonly #logger = new Log();
  readonly #told = new Set<string>();

  look(request: RequestContext): void {
    if (!request.isForwardedInVain || this.#told.size >= MOST) return;
    const { peer } = request;
    if (this.#told.has(peer)) return;
    this.#told.add(peer);
    this.#logger.warn(
      `A request from ${peer} names another client (X-Forwarded-For, Forwarded), which is not believed. If that is a proxy of yours, ` +
        `add ${JSON.stringify(peer)} to trustedProxies; if it is a client, nothing is to be done.`,
    );
  }
}
