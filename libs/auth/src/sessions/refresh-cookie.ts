import { Inject, Injectable } from '@nestjs/common';
import { PortcullisError } from '../errors.js';
import { RequestContext } from '../request/request-context.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { addCookie, type CookieResponse, cookieIn } from './cookies.js';
import { SESSION_CLIENT, type SessionClient } from './session-client.js';
import { CROSS_SITE_REQUEST } from './session-refusals.js';

/** For as long as the page's site alone may send it, and no script reads it; with `__Host-`, for this host alone (RFC 6265bis). */
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** The refresh token as browsers keep it. */
@Injectable()
export class RefreshCookie {
  constructor(@Inject(SESSION_CLIENT) private readonly client: SessionClient) {}

  /** Whether this client's refresh tokens are in a cookie, and nowhere else. */
  get isUsed(): boolean {
    return this.client.cookie !== undefined;
  }

  /**
   * The refresh token of a request that a page of this app has sent; undefined where it has none.
   *
   * @throws PortcullisError `cross_site_request`
   */
  readFrom(request: FrameworkRequest): string | undefined {
    const { cookie } = this.client;
    if (cookie === undefined) return undefined;
    this.demandOwnPage(request);
    return cookieIn(request, cookie.cookieName);
  }

  /**
   * Browsers send cookies along with whatever a page of another origin makes them send. What no page can make them send is JSON, without a
   * question ahead, and no page can lie about where it is from.
   *
   * @throws PortcullisError `cross_site_request`
   */
  demandOwnPage(request: FrameworkRequest): void {
    const { cookie } = this.client;
    const context = RequestContext.of(request);
    if (cookie === undefined) return;
    const [origin, site, type] = ['origin', 'sec-fetch-site', 'content-type'].map((name) =>
      context?.header(name),
    );
    if (!/^application\/json\s*(?:;|$)/i.test(type ?? '')) throw refused('the body is no JSON');
    if (origin !== undefined && cookie.allowedOrigins.includes(origin)) return;
    if (site !== 'same-origin')
      throw refused(`Sec-Fetch-Site is ${site ?? 'missing'}, and the origin is not listed`);
  }

  keep(response: CookieResponse, refreshToken: string, seconds: number): void {
    this.#set(response, refreshToken, seconds);
  }

  clear(response: CookieResponse): void {
    this.#set(response, '', 0);
  }

  #set(response: CookieResponse, value: string, seconds: number): void {
    const { cookie } = this.client;
    if (cookie === undefined) return;
    addCookie(response, `${cookie.cookieName}=${value}; Max-Age=${seconds}; ${ATTRIBUTES}`);
  }
}

function refused(reason: string): PortcullisError {
  return new PortcullisError(CROSS_SITE_REQUEST, reason);
}
