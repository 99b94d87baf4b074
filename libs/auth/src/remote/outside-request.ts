import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import {
  type IpAddress,
  type IpRange,
  isWithin,
  parseIpAddress,
  parseIpNetwork,
  parseIpRange,
} from '../net/ip-address.js';
import { isPublicAddress } from '../net/public-address.js';
import { isSecureUrl } from '../net/secure-url.js';

export interface OutsideRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OutsideLimits {
  /** Networks besides the internet that may be asked, such as `10.0.0.0/8`. */
  readonly networks: readonly string[];
  /** Whether what listens on this machine may be asked, over plain http as well. */
  readonly allowLoopback: boolean;
  /** Of the answer. */
  readonly maxBytes: number;
  /** Until all of it is here. */
  readonly timeoutMs: number;
  /** Certificate authorities, as PEM, in place of those that Node brings. */
  readonly ca?: string | undefined;
}

export interface OutsideAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * Asks a URL that somebody else has named, who may not use us to reach what is beside us. The address is looked at when it is connected to,
 * not before, so that no name resolves to another one meanwhile; no redirect is followed, no proxy asked, and nothing is unpacked.
 *
 * @throws Error saying what is wrong with the URL or the answer, in words that are the operator's alone
 */
export async function askOutside(
  url: URL,
  { method = 'GET', headers = {}, body }: OutsideRequest,
  limits: OutsideLimits,
): Promise<OutsideAnswer> {
  const { allowLoopback, maxBytes, timeoutMs, ca } = limits;
  if (!isSecureUrl(url.origin, allowLoopback)) throw new Error(`${url.origin} is no https URL`);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  // Of an address nobody asks for the name.
  if (isIP(literal) !== 0) demandWelcome(literal, limits);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    const asking = send(url, {
      method,
      headers: { 'Accept-Encoding': 'identity', Connection: 'close', ...headers },
      agent: false,
      lookup: checkedLookup(limits),
      signal: AbortSignal.timeout(timeoutMs),
      ...(ca !== undefined && { ca }),
    });
    asking.once('error', reject);
    asking.once('response', (response) => resolve(readAnswer(response, maxBytes)));
    asking.end(body);
  });
}

function checkedLookup(limits: OutsideLimits): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '');
      try {
        for (const { address } of addresses) demandWelcome(address, limits);
      } catch (refusal) {
        return done(refusal as Error, '');
      }
      const [first] = addresses;
      if (options.all === true) return done(null, addresses);
      return done(null, first?.address ?? '', first?.family);
    });
}

function demandWelcome(text: string, { networks, allowLoopback }: OutsideLimits): void {
  const address = parseIpAddress(text);
  if (address !== undefined && isWelcome(address, networks, allowLoopback)) return;
  throw new Error(`${text} is not on the internet, nor in a network that may be asked`);
}

function isWelcome(address: IpAddress, networks: readonly string[], allowLoopback: boolean): boolean {
  const isIn = (range: IpRange | undefined) => range !== undefined && isWithin(address, range);
  if (networks.some((network) => isIn(parseIpNetwork(network)))) return true;
  if (LOOPBACK.some(isIn)) return allowLoopback;
  return isPublicAddress(address);
}

async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<OutsideAnswer> {
  const { statusCode: status = 0, headers } = response;
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    response.destroy();
    throw new Error('the answer is compressed');
  }
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    // Whoever goes on sending is not listened to: to leave the loop closes the connection.
    if (length > maxBytes) throw new Error(`more than ${maxBytes} bytes were answered`);
    pieces.push(piece);
  }
  return { status, headers, body: Buffer.concat(pieces) };
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map((text) => parseIpRange(text) as IpRange);
