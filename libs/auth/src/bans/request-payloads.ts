import type { RequestContext } from '../request/request-context.js';
import { RecentVerdicts } from './recent-verdicts.js';
import { isScreened, SUSPECT_HEADER, SUSPECT_TARGET } from './signatures/payload-screen.js';
import { type FoundPayload, PayloadSearch } from './signatures/payload-search.js';

/** What loggers, proxies and frameworks read besides the URL. Cookies and credentials are secrets, and stay unread. */
const HEADERS = [
  ...[
    'user-agent',
    'referer',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-real-ip',
    'x-client-ip',
    'true-client-ip',
  ],
  ...[
    'forwarded',
    'origin',
    'from',
    'via',
    'x-api-version',
    'x-original-url',
    'x-rewrite-url',
    'x-filename',
    'x-file-name',
  ],
  ...['x_filename', 'x.filename'],
];

const search = new PayloadSearch();
/** Whether texts that came lately are suspect. */
const targets = new RecentVerdicts(2_000);
const headers = new RecentVerdicts(2_000);

/** The texts of one request that may hold a payload: most requests have none, which one look at each text tells. */
export class RequestPayloads {
  #isTargetSuspect: boolean | undefined;
  #suspectHeaders: readonly string[] | undefined;
  readonly #found = new Map<readonly RegExp[], FoundPayload | undefined>();

  constructor(private readonly context: RequestContext) {}

  /** The first payload that one of these patterns finds. */
  find(patterns: readonly RegExp[]): FoundPayload | undefined {
    const ours = isScreened(patterns);
    if (ours && !this.#isSuspect()) return undefined;
    if (this.#found.has(patterns)) return this.#found.get(patterns);
    const found = this.#look(patterns, ours);
    this.#found.set(patterns, found);
    return found;
  }

  #look(patterns: readonly RegExp[], ours: boolean): FoundPayload | undefined {
    const { context } = this;
    const inTarget =
      ours && this.#isTargetSuspect !== true ? undefined : search.inTarget(targetOf(context), patterns);
    if (inTarget !== undefined) return inTarget;
    for (const name of ours ? (this.#suspectHeaders ?? []) : HEADERS) {
      const value = context.header(name);
      const found = value === undefined ? undefined : search.inHeader(name, value, patterns);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #isSuspect(): boolean {
    const { context } = this;
    this.#isTargetSuspect ??= targets.of(targetOf(context), isTargetSuspect);
    this.#suspectHeaders ??= HEADERS.filter((name) => {
      const value = context.header(name);
      return value !== undefined && headers.of(value, isHeaderSuspect);
    });
    return this.#isTargetSuspect || this.#suspectHeaders.length > 0;
  }
}

/** Path and query of a request, as far as they are the caller's own words. */
export function targetOf({ handler, path, target }: RequestContext): string {
  return handler?.traits.foreignQuery ? path : target;
}

function isTargetSuspect(target: string): boolean {
  return SUSPECT_TARGET.test(target);
}

function isHeaderSuspect(value: string): boolean {
  return SUSPECT_HEADER.test(value);
}
