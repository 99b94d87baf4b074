import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import proxyaddr from 'proxy-addr';
import { RecentlyUsed } from '../recently-used.js';
import { detachedCopy } from './detached-copy.js';
import { forwardedElements } from './forwarded.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';
import { UNIX_SOCKET } from './proxy-networks.js';

/** Parsing an IPv6 address costs far more than finding it again. */
const REMEMBERED_ADDRESSES = 10_000;

/** What a peer without an IP address (a Unix socket, a connection already gone) counts as: it is never banned. */
const UNKNOWN: IpAddress = { text: 'unknown', version: 0, words: [0, 0, 0, 0] };

export interface ProxySettings {
  /** The proxies in front of this app, as addresses or networks in CIDR notation. */
  readonly trustedProxies: readonly string[];
  /** The header in which they name their client: `X-Forwarded-For`, `Forwarded`, or one that holds a single address. */
  readonly forwardedHeader: string;
}

/** The parts of a request that show where it comes from. */
interface Sender {
  readonly headers: IncomingHttpHeaders;
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    readonly encrypted?: unknown;
    readonly server?: { address?(): unknown };
  };
}

/**
 * Where a request really comes from. The one forwarding header that is configured is read right to left and believed only as
 * far as the hop that wrote it is a trusted proxy; one that holds a single address, only from a peer that is one. The framework's own
 * `req.ip` is never asked.
 */
export class ClientIp {
  readonly #isTrusted?: (address: string, hop: number) => boolean;
  readonly #isStandard: boolean;
  /** The name of a header with a single address, in lower case. */
  readonly #single: string | undefined;
  readonly #parsed = new RecentlyUsed<IpAddress>(REMEMBERED_ADDRESSES);

  constructor({ trustedProxies, forwardedHeader }: ProxySettings) {
    const name = forwardedHeader.toLowerCase();
    this.#isStandard = name === 'forwarded';
    this.#single = this.#isStandard || name === 'x-forwarded-for' ? undefined : name;
    if (trustedProxies.length === 0) return;
    const isListed = proxyaddr.compile(trustedProxies.filter((entry) => entry !== UNIX_SOCKET));
    const trustsUnixSocket = trustedProxies.includes(UNIX_SOCKET);
    this.#isTrusted = (address, hop) =>
      address === UNIX_SOCKET ? hop === 0 && trustsUnixSocket : isListed(withoutPort(address), hop);
  }

  /** The address of the client, or of the last trusted hop when that hop did not name a valid one. */
  of(request: Sender): IpAddress {
    const peer = peerTextOf(request);
    const direct = this.#addressOf(peer);
    const isTrusted = this.#isTrusted;
    if (peer === undefined || isTrusted === undefined || !isTrusted(peer, 0)) return direct;
    if (this.#single !== undefined) return this.#addressIn(request.headers[this.#single]) ?? direct;
    const hops = this.#isStandard
      ? standardHops(peer, request, isTrusted)
      : proxyaddr.all(withPeer(peer, request), isTrusted);
    return hops.map((hop) => this.#parse(hop)).findLast((address) => address !== undefined) ?? direct;
  }

  /** The address at the other end of the connection, whatever it says. */
  peerOf(request: Sender): IpAddress {
    return this.#addressOf(peerTextOf(request));
  }

  /** Whether somebody names a client, or says that it came by TLS, whose word is not taken. */
  isIgnored(request: Sender): boolean {
    const { headers } = request;
    const names = headers['x-forwarded-for'] ?? headers.forwarded ?? headers['x-forwarded-proto'];
    return names !== undefined && !this.#trustsPeerOf(request);
  }

  /** Whether the client's own connection is encrypted: this socket, or every hop by the word of a trusted proxy. */
  isSecure(request: Sender): boolean {
    if (this.#trustsPeerOf(request)) {
      const protocols = this.#protocolsIn(request.headers);
      if (protocols !== undefined) {
        for (const text of protocols) if (text.trim().toLowerCase() !== 'https') return false;
        return true;
      }
    }
    return request.socket.encrypted === true;
  }

  #trustsPeerOf(request: Sender): boolean {
    if (this.#isTrusted === undefined) return false;
    const peer = peerTextOf(request);
    return peer !== undefined && this.#isTrusted(peer, 0);
  }

  /** Nothing where it came twice: Node then joins the values to what is no address. */
  #addressIn(value: string | readonly string[] | undefined): IpAddress | undefined {
    return typeof value === 'string' ? this.#parse(value) : undefined;
  }

  #addressOf(peer: string | undefined): IpAddress {
    return (peer === undefined ? undefined : this.#parse(peer)) ?? UNKNOWN;
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

/** Who is at the other end; undefined where the connection is already gone. */
function peerTextOf({ socket: { remoteAddress, server } }: Sender): string | undefined {
  if (remoteAddress !== undefined) return remoteAddress;
  return typeof server?.address?.() === 'string' ? UNIX_SOCKET : undefined;
}

/** What `proxy-addr` reads of a request. */
function withPeer(peer: string, request: Sender): IncomingMessage {
  const head = peer === UNIX_SOCKET ? { headers: request.headers, socket: { remoteAddress: peer } } : request;
  return head as IncomingMessage;
}

/** Like `proxy-addr`, which knows only `X-Forwarded-For`: the hops from the nearest one to the first that isn't trusted. */
function standardHops(
  peer: string,
  { headers }: Sender,
  isTrusted: (address: string, hop: number) => boolean,
): string[] {
  const hops = [peer];
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
