import { detachedCopy } from '../net/detached-copy.js';
import { TextTable } from '../text-table.js';
import type { FoundShapes } from './signatures/payload-signature.js';

/** In characters; what is longer is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;

/** How many may have found something out of one text before it is forgotten for whom. */
const ASKERS_AT_MOST = 16;

/** What has been found out of a text. */
export class TextNotes {
  /** What signatures of ours find in it; undefined until somebody has looked. */
  payloads: FoundShapes | undefined;
  #finding: Finding | undefined;

  /** What was found for an asker, who is told by identity, or else finds it now. */
  foundFor<Found extends {}>(asker: object, find: () => Found): Found {
    let askers = 0;
    for (let known = this.#finding; known !== undefined; known = known.next, askers++)
      if (known.asker === asker) return known.found as Found;
    const found = find();
    this.#finding = { asker, found, next: askers < ASKERS_AT_MOST ? this.#finding : undefined };
    return found;
  }
}

/** A list, since nearly every text has one asker. */
interface Finding {
  readonly asker: object;
  readonly found: unknown;
  readonly next: Finding | undefined;
}

/** A text with what is known of it. */
interface Noted {
  readonly text: string;
  readonly notes: TextNotes;
}

/**
 * Notes on texts that came lately, in two generations: cheaper to write than a cache that keeps an order, since most texts of a flood
 * come once.
 */
export class RecentTexts {
  #young = new Map<string, Noted>();
  #old = new Map<string, Noted>();
  readonly #lately = new TextTable<TextNotes>();

  /** @param count of each generation */
  constructor(private readonly count: number) {}

  /** The notes on a text: the same for everybody who asks, for as long as they are remembered. */
  of(text: string): TextNotes {
    const last = this.#lately.get(text);
    if (last !== undefined) return last;
    const noted = this.#noted(text);
    if (noted === undefined) return new TextNotes();
    this.#lately.set(noted.text, noted.notes);
    return noted.notes;
  }

  #noted(text: string): Noted | undefined {
    const known = this.#young.get(text);
    if (known !== undefined) return known;
    const old = this.#old.get(text);
    if (old === undefined && text.length > LONGEST_REMEMBERED) return undefined;
    if (this.#young.size >= this.count) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    const noted = old ?? { text: detachedCopy(text), notes: new TextNotes() };
    this.#young.set(noted.text, noted);
    return noted;
  }
}

/** Paths with their queries, and headers, of all requests. */
export const recentTargets = new RecentTexts(2_000);
export const recentHeaders = new RecentTexts(2_000);
