import { detachedCopy } from '../net/detached-copy.js';
import { TextTable } from '../text-table.js';
import { TwoGenerations } from '../two-generations.js';
import type { FoundShapes } from './signatures/payload-signature.js';

/** In characters; what is longer is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;

/** In characters. A flood has an address of its own in a header of each request: to look at that is cheaper than to remember it. */
const SHORTEST_HEADER = 48;

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

/** Notes on texts that came lately. */
export class RecentTexts {
  readonly #lately = new TextTable<TextNotes>();
  readonly #known: TwoGenerations<Noted>;

  /**
   * @param count of texts, at least
   * @param shortest in characters: what is shorter is looked at again once another text has taken its place
   */
  constructor(
    count: number,
    private readonly shortest = 0,
  ) {
    this.#known = new TwoGenerations(count);
  }

  /** The notes on a text: the same for everybody who asks, for as long as they are remembered. */
  of(text: string): TextNotes {
    const last = this.#lately.get(text);
    if (last !== undefined) return last;
    if (text.length > LONGEST_REMEMBERED) return new TextNotes();
    const { text: own, notes } = text.length < this.shortest ? notedOn(text) : this.#noted(text);
    this.#lately.set(own, notes);
    return notes;
  }

  #noted(text: string): Noted {
    const noted = this.#known.peek(text) ?? notedOn(text);
    this.#known.set(noted.text, noted);
    return noted;
  }
}

function notedOn(text: string): Noted {
  return { text: detachedCopy(text), notes: new TextNotes() };
}

/** Paths with their queries, and headers, of all requests. */
export const recentTargets = new RecentTexts(2_000);
export const recentHeaders = new RecentTexts(2_000, SHORTEST_HEADER);
