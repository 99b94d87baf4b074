import type { FrameworkRequest } from './request-head.js';

/** The authority of a URL in absolute form (RFC 9112 section 3.2.2), perhaps with a name and a password in it. */
const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/[^/?]*/i;

/** The path and the query by which Express and Fastify route, whatever form the client gave its URL. */
export function requestTarget(url: string): string {
  const target = upTo('#', url);
  if (target.startsWith('/')) return target;
  const own = target.replace(AUTHORITY, '');
  return own === '' || own.startsWith('?') ? `/${own}` : own;
}

/** The path of a request's target. */
export function pathIn(target: string): string {
  return upTo('?', target);
}

function upTo(mark: string, text: string): string {
  const end = text.indexOf(mark);
  return end === -1 ? text : text.slice(0, end);
}

/** Whether the query of a URL has one of these parameters, in whatever case. @param names in lower case */
export function isInQuery(url: string, names: readonly string[]): boolean {
  const start = url.indexOf('?');
  if (start === -1) return false;
  const query = url.slice(start + 1).toLowerCase();
  const mentioned = names.filter((name) => query.includes(name));
  if (mentioned.length === 0) return false;
  const sent = new URLSearchParams(query);
  return mentioned.some((name) => sent.has(name));
}

/** What frameworks hang on their requests once it is known which route takes them. */
interface RoutedRequest {
  /** Express. */
  readonly route?: { readonly path?: unknown };
  /** Fastify. */
  readonly routeOptions?: { readonly url?: unknown };
}

/** The path of the route that a request has met, with parameters and wildcards in it; undefined where it is no text. */
export function routePatternOf(request: FrameworkRequest | undefined): string | undefined {
  const routed = request as RoutedRequest | undefined;
  const pattern = routed?.route?.path ?? routed?.routeOptions?.url;
  return typeof pattern === 'string' ? pattern : undefined;
}
