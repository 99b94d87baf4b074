import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import proxyaddr from 'proxy-addr';
import { detachedCopy } from './detached-copy.js';
import { forwardedElements } from './forwarded.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';

/** Parsing an IPv6 address costs far more than finding it again. */
const REMEMBERED_ADDRESSES = 10_000;

/** What a peer without an IP address (a Unix socket, a connection already gone) counts as: it is never banned. */
const UNKNOWN: IpAddress = { text: 'unknown', version: 0, words: [0, 0, 0, 0] };

/** The header in which proxies name their client. */
export const FORWARDED_HEADERS = ['X-Forwarded-For', 'Forwarded'] as const;

export interface ProxySettings {
  /** The proxies in front of this app, as addresses or networks in CIDR notation. */
  readonly trustedProxies: readonly string[];
  readonly forwardedHeader: (typeof FORWARDED_HEADERS)[number];
}

/** The parts of a request that show where it comes from. */
interface Sender {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined; readonly encrypted?: unknown };
}

/**
 * Where a request really comes from. The one forwarding header that is configured is read right to left and believed only as
 * far as the hop that wrote it is a trusted proxy; the framework's own `req.ip` is never asked.
 */
export class ClientIp {
  readonly #isTrusted?: (address: string, hop: number) => boolean;
  readonly #isStandard: boolean;
  readonly #parsed = new LRUCache<string, IpAddress>({ max: REMEMBERED_ADDRESSES });

  constructor({ trustedProxies, forwardedHeader }: ProxySettings) {
    this.#isStandard = forwardedHeader === 'Forwarded';
    if (trustedProxies.length === 0) return;
    const isListed = proxyaddr.compile([...trustedProxies]);
    this.#isTrusted = (address, hop) => isListed(withoutPort(address), hop);
  }

  /** The address of the client, or of the last trusted hop when that hop did not name a valid one. */
  of(request: Sender): IpAddress {
    const direct = this.peerOf(request);
    if (direct === UNKNOWN || this.#isTrusted === undefined) return direct;
    const hops = this.#isStandard
      ? standardHops(request, this.#isTrusted)
      : proxyaddr.all(request as IncomingMessage, this.#isTrusted);
    return hops.map((hop) => this.#parse(hop)).findLast((address) => address !== undefined) ?? direct;
  }

  /** The address at the other end of the connection, whatever it says. */
  peerOf({ socket: { remoteAddress } }: Sender): IpAddress {
    return (remoteAddress === undefined ? undefined : this.#parse(remoteAddress)) ?? UNKNOWN;
  }

  /** Whether the client's own connection is encrypted: this socket, or every hop by the word of a trusted proxy. */
  isSecure(request: Sender): boolean {
    const { socket, headers } = request;
    if (this.#isTrusted?.(socket.remoteAddress ?? '', 0)) {
      const protocols = this.#protocolsIn(headers);
      if (protocols !== undefined) {
        for (const text of protocols) if (text.trim().toLowerCase() !== 'https') return false;
        return true;
      }
    }
    return socket.encrypted === true;
  }

  /** By which protocol each hop was reached, as the header says; undefined where there is none. */
  #protocolsIn(headers: IncomingHttpHeaders): Iterable<string> | undefined {
    const header = headers[this.#isStandard ? 'forwarded' : 'x-forwarded-proto'];
    if (header === undefined) return undefined;
    const text = String(header);
    return this.#isStandard ? standardProtocols(text) : text.split(',');
  }

  #parse(text: string): IpAddress | undefined {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const address = parseIpAddress(withoutPort(text));
    if (address !== undefined) this.#parsed.set(detachedCopy(text), address);
    return address;
  }
}

/** Like `proxy-addr`, which knows only `X-Forwarded-For`: the hops from the nearest one to the first that isn't trusted. */
function standardHops(
  { socket, headers }: Sender,
  isTrusted: (address: string, hop: number) => boolean,
): string[] {
  const hops = [socket.remoteAddress ?? ''];
  if (headers.forwarded === undefined) return hops;
  for (const element of forwardedElements(headers.forwarded)) {
    if (!isTrusted(hops.at(-1) as string, hops.length - 1)) break;
    hops.push(element.for ?? '');
  }
  return hops;
}

function* standardProtocols(header: string): Generator<string> {
  for (const { proto = '' } of forwardedElements(header)) yield proto;
}

/** Some proxies (Azure's gateways) append the client's port: `203.0.113.7:4711`, `[2001:db8::7]:4711`. */
function withoutPort(text: string): string {
  return text.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}
