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
import type { FoundShapes, PayloadPattern, PayloadShape } from './signatures/payload-signature.js';

/** What loggers, proxies and frameworks read besides the URL. Cookies and credentials are secrets, and stay unread. */
const HEADERS: ReadonlySet<string> = new Set(
  `user-agent referer origin from via forwarded contact accept accept-language content-type soapaction
  x-forwarded-for x-forwarded-host x-forwarded-proto x-forwarded-server x-real-ip x-client-ip client-ip
  true-client-ip cf-connecting-ip x-originating-ip x-remote-ip x-remote-addr remote-ip x-host x-wap-profile
  x-original-url x-rewrite-url x-middleware-subrequest x-api-version x-filename x-file-name x_filename x.filename`.split(
    /\s+/,
  ),
);

/** What was found in a header. */
interface FoundInHeader {
  readonly name: string;
  readonly shapes: FoundShapes;
}

const NONE: readonly never[] = [];

/** The texts of one request that may hold a payload. */
export class RequestPayloads {
  /** By signatures of ours; what is long is remembered nowhere else. */
  #inHeaders: readonly FoundInHeader[] | undefined;
  #found: Map<readonly PayloadPattern[], FoundPayload | undefined> | undefined;

  /** @param targetNotes what is known of its path and query */
  constructor(
    private readonly context: RequestContext,
    private readonly targetNotes: TextNotes,
  ) {}

  /** Whether signatures of ours find anything in it. */
  get hasOurs(): boolean {
    return this.#inTarget.size > 0 || this.#headersWithOurs.length > 0;
  }

  /** The first payload that one of these patterns finds. */
  find(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    if (areOurs(patterns)) return this.#findOurs(patterns);
    this.#found ??= new Map();
    if (this.#found.has(patterns)) return this.#found.get(patterns);
    const found = this.#findOthers(patterns);
    this.#found.set(patterns, found);
    return found;
  }

  #findOurs(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    const inTarget = this.#inTarget.get(patterns);
    if (inTarget !== undefined) return { ...inTarget, isInHeader: false };
    for (const { name, shapes } of this.#headersWithOurs) {
      const inHeader = shapes.get(patterns);
      if (inHeader !== undefined) return foundInHeader(name, inHeader);
    }
    return undefined;
  }

  #findOthers(patterns: readonly PayloadPattern[]): FoundPayload | undefined {
    const inTarget = shapeOfPayload(targetOf(this.context), TARGET, this.targetNotes, patterns);
    if (inTarget !== undefined) return { ...inTarget, isInHeader: false };
    for (const name of this.context.headersAmong(HEADERS, () => true)) {
      const value = this.context.header(name) as string;
      const inHeader = shapeOfPayload(value, HEADER, recentHeaders.of(value), patterns);
      if (inHeader !== undefined) return foundInHeader(name, inHeader);
    }
    return undefined;
  }

  get #inTarget(): FoundShapes {
    const { targetNotes } = this;
    return targetNotes.payloads ?? payloadsIn(targetOf(this.context), TARGET, targetNotes);
  }

  get #headersWithOurs(): readonly FoundInHeader[] {
    this.#inHeaders ??= this.#readHeaders();
    return this.#inHeaders;
  }

  #readHeaders(): readonly FoundInHeader[] {
    const all: FoundShapes[] = [];
    const names = this.context.headersAmong(HEADERS, (value) => {
      const shapes = payloadsInHeader(value);
      if (shapes.size > 0) all.push(shapes);
      return shapes.size > 0;
    });
    return names.length === 0
      ? NONE
      : names.map((name, index) => ({ name, shapes: all[index] as FoundShapes }));
  }
}

function payloadsInHeader(value: string): FoundShapes {
  const notes = recentHeaders.of(value);
  return notes.payloads ?? payloadsIn(value, HEADER, notes);
}

function foundInHeader(name: string, { shape, witnesses }: PayloadShape): FoundPayload {
  return { shape: `${name}: ${shape}`, witnesses, isInHeader: true };
}

/** Path and query of a request, as far as they are the caller's own words. */
export function targetOf({ handler, path, target }: RequestContext): string {
  return handler?.traits.foreignQuery ? path : target;
}
