import { ServerResponse } from 'node:http';
import { type ResponseHead, setHeader } from './response-head.js';

const CACHE_CONTROL = 'cache-control';

/** Takes a message, headers, or both. */
type WriteHead = (
  this: ServerResponse,
  status: number,
  message?: unknown,
  headers?: unknown,
) => ServerResponse;

/**
 * Lets no cache keep the answer (RFC 9111 section 5.2.2.5), unless whoever answers says otherwise from now on. Of a response that has a header
 * before its head is written, Node puts all others together one by one, which takes as long as to look at a credential: where it can be, it
 * is said with the head.
 */
export function forbidCaching(response: ResponseHead | undefined): void {
  if (response === undefined || response.headersSent) return;
  if (!isUntouched(response)) {
    setHeader(response, CACHE_CONTROL, 'no-store');
    return;
  }
  if (response.hasHeader(CACHE_CONTROL)) response.removeHeader(CACHE_CONTROL);
  (response as { writeHead: unknown }).writeHead = writeUncached;
}

/**
 * Node's own response, as Fastify leaves it. Express gives its responses another prototype, and V8 then takes one with a property more
 * for a kind of its own; whoever has replaced the method is not to be pushed out.
 */
function isUntouched(response: ResponseHead): response is ServerResponse {
  return (
    Object.getPrototypeOf(response) === ServerResponse.prototype && !Object.hasOwn(response, 'writeHead')
  );
}

/** One function for all responses: each its own would cost more than it saves. */
function writeUncached(
  this: ServerResponse,
  status: number,
  messageOrHeaders?: unknown,
  more?: unknown,
): ServerResponse {
  const message = typeof messageOrHeaders === 'string' ? messageOrHeaders : undefined;
  const headers = more ?? (message === undefined ? messageOrHeaders : undefined);
  const writeHead = ServerResponse.prototype.writeHead as WriteHead;
  return writeHead.call(this, status, message, this.headersSent ? headers : uncached(headers, this));
}

/** The headers of an answer, and what it says of caches if nobody has. */
function uncached(headers: unknown, response: ServerResponse): unknown {
  if (response.hasHeader(CACHE_CONTROL) || saysHowToCache(headers)) return headers;
  if (typeof headers === 'object' && headers !== null && !Array.isArray(headers))
    // Ahead of the others: V8 takes ten times as long to add to a copy.
    return { [CACHE_CONTROL]: 'no-store', ...headers };
  response.setHeader(CACHE_CONTROL, 'no-store');
  return headers;
}

/** What a list says replaces what there is. */
function saysHowToCache(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) return false;
  for (const name in headers)
    if (name.length === CACHE_CONTROL.length && name.toLowerCase() === CACHE_CONTROL) return true;
  return false;
}
