import { isSecureUrl } from '../net/secure-url.js';
import { textPieces } from './text-pieces.js';

/** What a server said about the version of its answer, so that it can be asked for a newer one. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

export interface RemoteText {
  /** In pieces. */
  readonly text: readonly string[];
  readonly validators: Validators;
}

export interface RemoteTextLimits {
  readonly maxBytes: number;
  /** Ends the fetch, at the latest when its time is over. */
  readonly signal: AbortSignal;
}

const MAX_REDIRECTS = 5;

/**
 * Fetches a text over https (http on loopback), also through redirects that stay on it. A user and a password in the URL are sent
 * to its own origin only.
 *
 * @param known what was said of the version that is here already
 * @returns undefined when that one is still the newest
 * @throws Error saying what was wrong with the answer, without the URL
 */
export async function fetchText(
  source: URL,
  known: Validators | undefined,
  { maxBytes, signal }: RemoteTextLimits,
): Promise<RemoteText | undefined> {
  let url = source;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const headers = headersFor(url.origin === source.origin ? source : undefined, known);
    const response = await fetch(bare(url), { headers, redirect: 'manual', signal });
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
      return await readAnswer(response, known, maxBytes);
    }
    await response.body?.cancel();
    url = redirectTarget(location, url);
  }
  throw new Error(`it was redirected more than ${MAX_REDIRECTS} times`);
}

/** The text of a response, in UTF-8, in pieces. */
export function readText(response: Response, maxBytes: number): Promise<string[]> {
  return textPieces(response.body ?? [], maxBytes, `more than ${maxBytes} bytes were answered`);
}

async function readAnswer(
  response: Response,
  known: Validators | undefined,
  maxBytes: number,
): Promise<RemoteText | undefined> {
  const { headers, status } = response;
  if (status === 304 && (known?.etag || known?.lastModified)) return undefined;
  if (status !== 200 || headers.has('content-encoding')) {
    await response.body?.cancel();
    throw new Error(status === 200 ? 'the answer is compressed' : `the answer was ${status}`);
  }
  return {
    text: await readText(response, maxBytes),
    validators: {
      etag: headers.get('etag') ?? undefined,
      lastModified: headers.get('last-modified') ?? undefined,
    },
  };
}

function headersFor(credentials: URL | undefined, known: Validators | undefined): Headers {
  // Compressed, a few bytes could stand for gigabytes.
  const headers = new Headers({ 'Accept-Encoding': 'identity' });
  if (known?.etag) headers.set('If-None-Match', known.etag);
  if (known?.lastModified) headers.set('If-Modified-Since', known.lastModified);
  if (credentials?.username || credentials?.password) {
    const pair = `${decodeURIComponent(credentials.username)}:${decodeURIComponent(credentials.password)}`;
    headers.set('Authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  return headers;
}

/** Plain http is followed from loopback to loopback only: a server elsewhere must not make us ask this machine. */
function redirectTarget(location: string, from: URL): URL {
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const allowHttpOnLoopback = from.protocol === 'http:';
  if (target === undefined || !isSecureUrl(`${target.protocol}//${target.host}`, allowHttpOnLoopback)) {
    throw new Error('it was redirected to what is no https URL');
  }
  return target;
}

/** fetch() refuses URLs with credentials. */
function bare(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy;
}
