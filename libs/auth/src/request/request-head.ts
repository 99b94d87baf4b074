import type { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** The head of a request: Node's own request has one, and so has whatever else an adapter takes for a request. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly httpVersionMajor?: number | undefined;
  readonly url?: string | undefined;
  /** By names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came: only here a header that was sent twice can be seen. */
  readonly rawHeaders: readonly string[];
  /** Over HTTP/2. */
  readonly stream?: { readonly endAfterHeaders?: boolean };
  /** The connection that it came over. */
  readonly socket: {
    readonly remoteAddress?: string | undefined;
    /** True on TLS. */
    readonly encrypted?: unknown;
    /** On TLS: the certificate whose key the other end has shown to hold, if the server asks for one. */
    getPeerX509Certificate?(): X509Certificate | undefined;
    /** The server that it came to. */
    readonly server?: { readonly maxHeadersCount?: number | null; address?(): unknown };
  };
}

/** Express hands out Node's request itself, Fastify a request that wraps it. */
export type FrameworkRequest = (RequestHead | { readonly raw: RequestHead }) & {
  readonly body?: unknown;
  readonly rawBody?: unknown;
};

/** Names and values that Node keeps where its server says nothing: those of a thousand headers. */
const KEPT = 2_000;

/** Whether headers may be missing: Node keeps so many and drops the rest without a word, those of a proxy and of credentials included. */
export function isCutOff({ rawHeaders, socket }: RequestHead): boolean {
  const count = socket.server?.maxHeadersCount;
  const most = typeof count === 'number' ? 2 * count : KEPT;
  return most > 0 && rawHeaders.length >= most;
}

/** Node's own request, of which Fastify's is a wrapper. */
export function headOf(request: FrameworkRequest): RequestHead {
  return isHead(request) ? request : request.raw;
}

/** Whether something has the head of a request, or wraps what has one. */
export function isFrameworkRequest(value: unknown): value is FrameworkRequest {
  if (typeof value !== 'object' || value === null) return false;
  if ('rawHeaders' in value) return true;
  const { raw } = value as { readonly raw?: unknown };
  return typeof raw === 'object' && raw !== null && 'rawHeaders' in raw;
}

/** Whether something is a request that a server has received: a message may look like one, but it has no methods. */
export function isReceived(value: unknown): value is FrameworkRequest {
  return isFrameworkRequest(value) && typeof (headOf(value) as { readonly on?: unknown }).on === 'function';
}

/** By what only Node's own request has: anybody may hang a property named `raw` on Express's. */
function isHead(request: FrameworkRequest): request is RequestHead {
  return 'rawHeaders' in request;
}
