import { type LookupAddress, lookup } from 'node:dns';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from '../net/public-address.js';
import { textPieces } from './text-pieces.js';

/** How far a stranger is trusted who has named a URL. */
export interface StrangerLimits {
  readonly maxBytes: number;
  /** Until all of it is here. */
  readonly timeoutMs: number;
  /** Whether it may be in a network of our own, which no stranger on the internet should be able to have asked. By default not. */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** Certificate authorities, as PEM, in place of those that Node brings. */
  readonly ca?: string | undefined;
}

/**
 * Fetches a JSON document from a URL that a stranger has named: by https, without redirects and compression, within limits. The address that
 * its name stands for is looked at where the connection is made, so that it can't be another one a moment later.
 *
 * @throws Error saying what was wrong, and nothing of what was answered
 */
export async function fetchStrangerJson(url: URL, limits: StrangerLimits): Promise<unknown> {
  const { allowPrivateAddresses = false, maxBytes, timeoutMs, ca } = limits;
  if (url.protocol !== 'https:') throw new Error('it is no https URL');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // No name, which nobody would look up.
  if (!allowPrivateAddresses && isIP(host) !== 0 && !isPublicAddress(host)) throw new Error(NOT_PUBLIC);
  const response = await answerOf(url, {
    // A connection that somebody else has left open may lead elsewhere.
    agent: new Agent({ keepAlive: false }),
    headers: { Accept: 'application/json', 'Accept-Encoding': 'identity' },
    signal: AbortSignal.timeout(timeoutMs),
    ...(ca !== undefined && { ca }),
    ...(!allowPrivateAddresses && { lookup: lookupPublic }),
  });
  const { statusCode, headers } = response;
  if (statusCode !== 200 || headers['content-encoding'] !== undefined) {
    response.destroy();
    throw new Error(`it answered ${statusCode}`);
  }
  const text = (await textPieces(response, maxBytes, `it answered more than ${maxBytes} bytes`)).join('');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it answered no JSON');
  }
}

const NOT_PUBLIC = 'it is at no public address';

function answerOf(url: URL, options: Parameters<typeof get>[1]): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, options, resolve).on('error', reject);
  });
}

/** One private address among several is enough to refuse: a connection tries them all. */
const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[] = []) => {
    const refused =
      error ?? (found.every(({ address }) => isPublicAddress(address)) ? null : new Error(NOT_PUBLIC));
    const [first] = found;
    if (refused !== null || first === undefined) callback(refused ?? new Error(NOT_PUBLIC), '', 0);
    else if (options.all) (callback as unknown as (error: null, found: LookupAddress[]) => void)(null, found);
    else callback(null, first.address, first.family);
  });
};
