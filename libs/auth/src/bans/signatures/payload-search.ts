import { detachedCopy } from '../../net/detached-copy.js';
import { RecentlyUsed } from '../../recently-used.js';
import { isScreened, SUSPECT_TEXT } from './payload-screen.js';
import { undisguised, undisguisedTarget } from './undisguised.js';

/** URLs and headers of which it is remembered what is in them. */
const REMEMBERED = 4_000;
/** In characters; what is longer is rare, and looked at each time. */
const LONGEST_REMEMBERED = 500;
/** How much of what was found makes up its shape, in characters. */
const SHAPE_LENGTH = 80;

/** What was found. */
export interface FoundPayload {
  /** Where it was, and what it looked like. */
  readonly shape: string;
  readonly isInHeader: boolean;
}

/** What each list of patterns finds in a text: a shape, or nothing. */
type Findings = Map<readonly RegExp[], string | undefined>;

/** Looks for payloads in the texts of a request. What came before is not looked through again. */
export class PayloadSearch {
  readonly #findings = new RecentlyUsed<Findings>(REMEMBERED);
  /** The last text that was undisguised: several rules look at each. */
  #last = { text: '', plain: '', isSuspect: false };

  /** The shape of what one of the patterns finds in the path and the query. */
  inTarget(target: string, patterns: readonly RegExp[]): FoundPayload | undefined {
    const shape = this.#search(target, patterns, undisguisedTarget);
    return shape === undefined ? undefined : { shape, isInHeader: false };
  }

  /** The shape of what one of the patterns finds in a header. */
  inHeader(name: string, value: string, patterns: readonly RegExp[]): FoundPayload | undefined {
    const shape = this.#search(value, patterns, undisguised);
    return shape === undefined ? undefined : { shape: `${name}: ${shape}`, isInHeader: true };
  }

  #search(
    text: string,
    patterns: readonly RegExp[],
    undisguise: (text: string) => string,
  ): string | undefined {
    const isRemembered = text.length <= LONGEST_REMEMBERED;
    const known = isRemembered ? this.#findings.get(text) : undefined;
    if (known?.has(patterns)) return known.get(patterns);
    const { plain, isSuspect } = this.#plain(text, undisguise);
    const shape = isSuspect || !isScreened(patterns) ? shapeIn(plain, patterns) : undefined;
    if (known !== undefined) known.set(patterns, shape);
    else if (isRemembered) this.#findings.set(detachedCopy(text), new Map([[patterns, shape]]));
    return shape;
  }

  #plain(text: string, undisguise: (text: string) => string): { plain: string; isSuspect: boolean } {
    if (this.#last.text !== text) {
      const plain = undisguise(text);
      this.#last = { text, plain, isSuspect: SUSPECT_TEXT.test(plain) };
    }
    return this.#last;
  }
}

/** Where something was found, in which parameter, and what it looked like: numbers, case and white space make no other payload of it. */
function shapeIn(text: string, patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const payload = found[0].slice(0, SHAPE_LENGTH).toLowerCase().replace(/\d+/g, '0').replace(/\s+/g, ' ');
    return `${parameterAt(text, found.index + found[0].length)} ${payload}`;
  }
  return undefined;
}

/** The parameter of the query that a place is in; `/` in the path. */
function parameterAt(text: string, place: number): string {
  const before = text.slice(0, place);
  const start = Math.max(before.lastIndexOf('?'), before.lastIndexOf('&'));
  if (start === -1) return '/';
  const parameter = before.slice(start + 1);
  const end = parameter.indexOf('=');
  return end === -1 ? parameter.slice(0, SHAPE_LENGTH) : parameter.slice(0, Math.min(end, SHAPE_LENGTH));
}
