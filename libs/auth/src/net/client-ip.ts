import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import proxyaddr from 'proxy-addr';
import { TwoGenerations } from '../two-generations.js';
import { detachedCopy } from './detached-copy.js';
import { forwardedElements } from './forwarded.js';
import { type IpAddress, parseIpAddress } from './ip-address.js';
import { UNIX_SOCKET } from './proxy-networks.js';

/** Parsing an IPv6 address costs far more than finding it again, and a header of hops more than that. At most twice as many. */
const REMEMBERED_ADDRESSES = 5_000;

/** A longer header, in characters, is read anew each time: what is remembered of them has to be bounded too. */
const LONGEST_REMEMBERED = 200;

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

/** Whoever is at the other end of a connection. */
interface Peer {
  readonly address: IpAddress;
  readonly isTrusted: boolean;
}

/**
 * Where a request really comes from. The one forwarding header that is configured is read right to left and believed only as
 * far as the hop that wrote it is a trusted proxy; one that holds a single address, only from a peer that is one. The framework's own
 * `req.ip` is never asked.
 */
export class ClientIp {
  readonly #isTrusted?: (address: string, hop: number) => boolean;
  /** The name of the header, in lower case. */
  readonly #header: string;
  readonly #isStandard: boolean;
  /** Whether the header holds a single address. */
  readonly #isSingle: boolean;
  readonly #parsed = new TwoGenerations<IpAddress>(REMEMBERED_ADDRESSES);
  /** By their texts, as sockets have them. */
  readonly #peers = new TwoGenerations<Peer>(REMEMBERED_ADDRESSES);
  /** By peer and header. */
  readonly #clients = new TwoGenerations<IpAddress>(REMEMBERED_ADDRESSES);

  constructor({ trustedProxies, forwardedHeader }: ProxySettings) {
    this.#header = forwardedHeader.toLowerCase();
    this.#isStandard = this.#header === 'forwarded';
    this.#isSingle = !this.#isStandard && this.#header !== 'x-forwarded-for';
    if (trustedProxies.length === 0) return;
    const isListed = proxyaddr.compile(trustedProxies.filter((entry) => entry !== UNIX_SOCKET));
    const trustsUnixSocket = trustedProxies.includes(UNIX_SOCKET);
    this.#isTrusted = (address, hop) =>
      address === UNIX_SOCKET ? hop === 0 && trustsUnixSocket : isListed(withoutPort(address), hop);
  }

  /** The address of the client, or of the last trusted hop when that hop did not name a valid one. */
  of(request: Sender): IpAddress {
    const text = peerTextOf(request);
    if (text === undefined || this.#isTrusted === undefined) return this.#addressOf(text);
    const { address, isTrusted } = this.#peerOf(text);
    const header = request.headers[this.#header];
    if (!isTrusted || header === undefined) return address;
    if (this.#isSingle) return this.#addressIn(header) ?? address;
    const named = String(header);
    if (named.length > LONGEST_REMEMBERED) return this.#clientBehind(text, request) ?? address;
    // No address and no header has a line feed.
    const hops = `${text}\n${named}`;
    const known = this.#clients.get(hops);
    if (known !== undefined) return known;
    const client = this.#clientBehind(text, request) ?? address;
    this.#clients.set(hops, client);
    return client;
  }

  /** The address at the other end of the connection, whatever it says. */
  peerOf(request: Sender): IpAddress {
    return this.#addressOf(peerTextOf(request));
  }

  /** Whether somebody names a client, or says that it came by TLS, whose word is not taken. */
  isIgnored(request: Sender): boolean {
    const { headers } = request;
    const names = headers['x-forwarded-for'] ?? headers.forwarded ?? headers['x-forwarded-proto'];
    return names !== undefined && !this.isFromProxy(request);
  }

  /** Whether the client's own connection is encrypted: this socket, or every hop by the word of a trusted proxy. */
  isSecure(request: Sender): boolean {
    if (this.isFromProxy(request)) {
      const protocols = this.#protocolsIn(request.headers);
      if (protocols !== undefined) {
        for (const text of protocols) if (text.trim().toLowerCase() !== 'https') return false;
        return true;
      }
    }
    return request.socket.encrypted === true;
  }

  /** Whether whoever is at the other end of the connection is a trusted proxy. */
  isFromProxy(request: Sender): boolean {
    if (this.#isTrusted === undefined) return false;
    const text = peerTextOf(request);
    return text !== undefined && this.#peerOf(text).isTrusted;
  }

  /** The last hop that a chain of trusted ones has named, if it is an address. */
  #clientBehind(peer: string, request: Sender): IpAddress | undefined {
    const isListed = this.#isTrusted as (address: string, hop: number) => boolean;
    // Nobody asks for the client behind a peer that is not.
    const isTrusted = (address: string, hop: number) => hop === 0 || isListed(address, hop);
    const hops = this.#isStandard
      ? standardHops(peer, request, isTrusted)
      : proxyaddr.all(withPeer(peer, request), isTrusted);
    for (const hop of hops.reverse()) {
      const address = this.#parse(hop);
      if (address !== undefined) return address;
    }
    return undefined;
  }

  #peerOf(text: string): Peer {
    const known = this.#peers.get(text);
    if (known !== undefined) return known;
    const peer = { address: this.#addressOf(text), isTrusted: this.#isTrusted?.(text, 0) ?? false };
    this.#peers.set(text, peer);
    return peer;
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
    // To use it would keep this text, which may be a part of a long one.
    const known = this.#parsed.peek(text);
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
  if (!text.includes(':')) return text;
  return text.replace(/^\[(.+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}
