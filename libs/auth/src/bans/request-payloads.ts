import type { RequestContext } from '../request/request-context.js';
import { recentHeaders, type TextNotes } from './recent-texts.js';
import { isScreened } from './signatures/payload-screen.js';
import { type FoundPayload, HEADER, isSuspect, shapeOfPayload, TARGET } from './signatures/payload-search.js';
import type { PayloadPattern } from './signatures/payload-signature.js';

/** What loggers, proxies and frameworks read besides the URL. Cookies and credentials are secrets, and stay unread. */
const HEADERS: ReadonlySet<string> = new Set(
  `user-agent referer origin from via forwarded contact accept accept-language content-type soapaction
  x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-server x-real-ip x-client-ip client-ip
  true-client-ip cf-connecting-ip x-originating-ip x-remote-ip x-remote-addr remote-ip x-host x-wap-profile
  x-original-url x-rewrite-url x-middleware-subrequest x-api-version x-filename x-file-name x_filename x.filename`.split(
    /\s+/,
  ),
);

/** The texts of one request that may hold a payload: most requests have none, which one look at each text tells. */
export class RequestPayloads {
  #suspectHeaders: readonly string[] | undefined;
  #found: Map<readonly PayloadPattern[], FoundPayload | undefined> | undefined;

  /** @param targetNotes what is known of its path and query */
  constructor(
    private readonly context: RequestContext,
    private readonly targetNotes: TextNotes,
  ) {}

  /** Whether there may be one of ours. */
  get isSuspect(): boolean {
    this.#suspectHeaders ??= this.context.headersAmong(HEADERS, isSuspectHeader);
    return this.#suspectHeaders.length > 0 || this.#isTargetSuspect;
  }

  get #isTargetSuspect(): boolean {
    return this.targetNotes.isSuspect ?? isSuspect(targetOf(this.context), TARGET, this.targetNotes);
  }

  /** The first payload that one of these patterns finds. */
  find(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    if (isScreened(patterns) && !this.isSuspect) return undefined;
    this.#found ??= new Map();
    if (this.#found.has(patterns)) return this.#found.get(patterns);
    const found = this.#inTarget(patterns) ?? this.#inHeaders(patterns);
    this.#found.set(patterns, found);
    return found;
  }

  #inTarget(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    const shape = shapeOfPayload(targetOf(this.context), TARGET, this.targetNotes, patterns);
    return shape === undefined ? undefined : { shape, isInHeader: false };
  }

  #inHeaders(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    for (const name of this.context.headersAmong(HEADERS, isAny)) {
      const value = this.context.header(name) as string;
      const shape = shapeOfPayload(value, HEADER, recentHeaders.of(value), patterns);
      if (shape !== undefined) return { shape: `${name}: ${shape}`, isInHeader: true };
    }
    return undefined;
  }
}

function isAny(): boolean {
  return true;
}

function isSuspectHeader(value: string): boolean {
  const notes = recentHeaders.of(value);
  return notes.isSuspect ?? isSuspect(value, HEADER, notes);
}

/** Path and query of a request, as far as they are the caller's own words. */
export function targetOf({ handler, path, target }: RequestContext): string {
  return handler?.traits.foreignQuery ? path : target;
}
