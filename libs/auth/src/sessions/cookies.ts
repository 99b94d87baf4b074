import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';

/** What an answer's cookies are added to: that of Express is Node's own, that of Fastify adds by `header`. */
export type CookieResponse =
  | { appendHeader(name: string, value: string): unknown }
  | { header(name: string, value: string): unknown; readonly raw: unknown };

/** @param cookie as `Set-Cookie` has it (RFC 6265 section 4.1) */
export function addCookie(response: CookieResponse, cookie: string): void {
  if ('raw' in response) response.header('Set-Cookie', cookie);
  else response.appendHeader('Set-Cookie', cookie);
}

/** The value of a cookie; undefined where it was not sent once. */
export function cookieIn(request: FrameworkRequest, name: string): string | undefined {
  const header = RequestContext.of(request)?.header('cookie') ?? '';
  const pairs = header.split(';').map((pair) => pair.trim());
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`));
  // No browser sends two.
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
}
