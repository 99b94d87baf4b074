import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import proxyaddr from 'proxy-addr';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';

/** Parsing an IPv6 address costs far more than finding it again. */
const REMEMBERED_ADDRESSES = 10_000;

/** What a peer without an IP address (a Unix socket, a connection already gone) counts as: it is never banned. */
const UNKNOWN: IpAddress = { text: 'unknown', version: 4, value: -1n };

/**
 * Where a request really comes from. Forwarding headers are read right to left and believed only as far
 * as the hop that wrote them is a trusted proxy; the framework's own `req.ip` is never asked.
 */
@Injectable()
export class ClientIp {
  readonly #isTrusted?: (address: string, hop: number) => boolean;
  readonly #parsed = new LRUCache<string, IpAddress>({ max: REMEMBERED_ADDRESSES });

  constructor(@Inject(PORTCULLIS_OPTIONS) { trustedProxies }: ResolvedOptions) {
    if (trustedProxies.length === 0) return;
    const isListed = proxyaddr.compile([...trustedProxies]);
    this.#isTrusted = (address, hop) => isListed(withoutPort(address), hop);
  }

  /** The address of the client, or of the last trusted hop when that hop did not name a valid one. */
  of(request: IncomingMessage): IpAddress {
    const { remoteAddress } = request.socket;
    if (remoteAddress === undefined) return UNKNOWN;
    const direct = this.#parse(remoteAddress) ?? UNKNOWN;
    if (this.#isTrusted === undefined || request.headers['x-forwarded-for'] === undefined) return direct;
    const hops = proxyaddr.all(request, this.#isTrusted);
    return hops.map((hop) => this.#parse(hop)).findLast((address) => address !== undefined) ?? direct;
  }

  /** Whether the client's own connection is encrypted: this socket, or every hop by the word of a trusted proxy. */
  isSecure(request: IncomingMessage): boolean {
    const { socket, headers } = request;
    if (this.#isTrusted?.(socket.remoteAddress ?? '', 0)) {
      const protocols = headers['x-forwarded-proto'];
      if (protocols !== undefined) {
        return String(protocols)
          .split(',')
          .every((protocol) => protocol.trim().toLowerCase() === 'https');
      }
    }
    return 'encrypted' in socket && socket.encrypted === true;
  }

  /** Whether the address stands for one client. A trusted proxy stands for everybody behind it, so it is never banned. */
  isBannable(address: IpAddress): boolean {
    return address !== UNKNOWN && !this.#isTrusted?.(address.text, 0);
  }

  #parse(text: string): IpAddress | undefined {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const address = parseIpAddress(withoutPort(text));
    if (address !== undefined) this.#parsed.set(text, address);
    return address;
  }
}

/** Some proxies (Azure's gateways) append the client's port: `203.0.113.7:4711`, `[2001:db8::7]:4711`. */
function withoutPort(text: string): string {
  return text.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}
