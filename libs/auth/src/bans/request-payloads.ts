import type { RequestContext } from '../request/request-context.js';
import { recentHeaders, type TextNotes } from './recent-texts.js';
import { areOurs } from './signatures/payload-screen.js';
import {
  type FoundPayload,
  HEADER,
  payloadsIn,
  shapeOfPayload,
  TARGET,
} from './signatures/payload-search.js';
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

/** The texts of one request that may hold a payload. */
export class RequestPayloads {
  #hasOurs: boolean | undefined;
  #found: Map<readonly PayloadPattern[], FoundPayload | undefined> | undefined;

  /** @param targetNotes what is known of its path and query */
  constructor(
    private readonly context: RequestContext,
    private readonly targetNotes: TextNotes,
  ) {}

  /** Whether signatures of ours find anything in it. */
  get hasOurs(): boolean {
    this.#hasOurs ??= this.#isFoundInTarget || this.context.headersAmong(HEADERS, hasPayload).length > 0;
    return this.#hasOurs;
  }

  get #isFoundInTarget(): boolean {
    const { targetNotes } = this;
    return (targetNotes.payloads ?? payloadsIn(targetOf(this.context), TARGET, targetNotes)).size > 0;
  }

  /** The first payload that one of these patterns finds. */
  find(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    if (areOurs(patterns) && !this.hasOurs) return undefined;
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

function hasPayload(value: string): boolean {
  const notes = recentHeaders.of(value);
  return (notes.payloads ?? payloadsIn(value, HEADER, notes)).size > 0;
}

/** Path and query of a request, as far as they are the caller's own words. */
export function targetOf({ handler, path, target }: RequestContext): string {
  return handler?.traits.foreignQuery ? path : target;
}
