import type { RequestContext } from '../request/request-context.js';
import { isScreened, SUSPECT_HEADER, SUSPECT_TARGET } from './signatures/payload-screen.js';
import { type FoundPayload, PayloadSearch } from './signatures/payload-search.js';

/** What loggers, proxies and frameworks read besides the URL. Cookies and credentials are secrets, and stay unread. */
const HEADERS = [
  ...[
    'user-agent',
    'referer',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'x-client-ip',
  ],
  ...[
    'true-client-ip',
    'forwarded',
    'origin',
    'from',
    'via',
    'accept',
    'accept-language',
    'x-api-version',
    'x-original-url',
  ],
  ...[
    'x-rewrite-url',
    'x-requested-with',
    'content-type',
    'range',
    'if-none-match',
    'next-action',
    'x-middleware-subrequest',
  ],
];

const search = new PayloadSearch();

/**
 * The first payload in a request that one of these patterns finds. Most requests have nothing in them that could be one, which
 * a single look at each text tells.
 */
export function payloadIn(context: RequestContext, patterns: readonly RegExp[]): FoundPayload | undefined {
  const isWanted = isScreened(patterns) ? (text: string, suspect: RegExp) => suspect.test(text) : () => true;
  const { target } = context;
  const inTarget = isWanted(target, SUSPECT_TARGET) ? search.inTarget(target, patterns) : undefined;
  if (inTarget !== undefined) return inTarget;
  for (const name of HEADERS) {
    const value = context.header(name);
    if (value === undefined || !isWanted(value, SUSPECT_HEADER)) continue;
    const found = search.inHeader(name, value, patterns);
    if (found !== undefined) return found;
  }
  return undefined;
}
