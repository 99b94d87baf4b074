import type { GivenPublicOrigin } from '../net/public-origins.js';
import type { RequestContext } from '../request/request-context.js';
import { PROXY_JUDGES } from './signatures/proxy-judges.js';

/** The authority of a URL in absolute form, without a name and a password. */
const AUTHORITY = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/i;

const SLASH = '/'.charCodeAt(0);

/** Tells requests for what is elsewhere, such as proxies get: scanners look for servers that bring it. */
export class AskedElsewhere {
  readonly #ownHosts: ReadonlySet<string>;

  /** @param origins under which clients reach this app; where none is known, a client names us by its `Host` header */
  constructor(origins: readonly GivenPublicOrigin[]) {
    this.#ownHosts = new Set(
      origins.map((given) => new URL(typeof given === 'string' ? given : given.url).hostname),
    );
  }

  /** Whether it is `CONNECT`, or its target is a URL (RFC 9112 section 3.2.2) of a host that is not ours. */
  isAskedBy(context: RequestContext): boolean {
    // As nearly all of them begin.
    if (context.url.charCodeAt(0) === SLASH) return false;
    if (context.method === 'CONNECT') return true;
    const authority = AUTHORITY.exec(context.url)?.[1];
    return authority !== undefined && !this.#isOurs(hostIn(authority), context);
  }

  #isOurs(host: string, context: RequestContext): boolean {
    if (this.#ownHosts.size > 0) return this.#ownHosts.has(host);
    return host === hostIn(context.header('host') ?? '') && !PROXY_JUDGES.has(host);
  }
}

/** Without the port, which a proxy of ours may have changed. */
function hostIn(authority: string): string {
  return authority.toLowerCase().replace(/\.?(?::\d*)?$/, '');
}
