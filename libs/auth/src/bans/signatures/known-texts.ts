import { BORDER, LINE_BREAK, SPACE } from './text-symbols.js';

export type Texts = readonly string[];

/** What is known of all texts that a part of an expression matches. */
export type Known =
  | {
      /** Each of them. */
      readonly whole: Texts;
    }
  | {
      /** They are too many. Each begins with one of these, and ends with one of those. */
      readonly whole?: undefined;
      readonly heads: Texts;
      readonly tails: Texts;
      /** What is somewhere in each, where that tells more. */
      readonly inner?: Need | undefined;
    };

/** Texts of which one is in whatever matches. */
interface Need {
  readonly texts: Texts;
  /** How many of them an honest text has, about. */
  readonly often: number;
}

/** Texts that are more are cut in two. */
const MOST_TEXTS = 400;

/** What is repeated more often is known by its first and its last time. */
const MOST_TIMES = 4;

/** Symbols that are compared at most: what is longer tells hardly more. */
const LONGEST_TEXT = 6;

export const NOTHING: Known = { whole: [''] };
export const ANYTHING: Known = { heads: [''], tails: [''] };

/** One part after the other. */
export function inARow(parts: readonly Known[]): Known {
  let heads: Texts | undefined;
  let last: Texts = [''];
  let inner: Need | undefined;
  const cut = (next: Texts): void => {
    if (heads === undefined) heads = last;
    else inner = moreTelling(inner, needOf(last));
    last = next;
  };
  for (const part of withoutSingles(parts)) {
    const begun = part.whole ?? part.heads;
    const joined = joinedTexts(last, begun);
    if (joined === undefined) cut(begun);
    else last = joined;
    if (part.whole !== undefined) continue;
    cut(part.tails);
    inner = moreTelling(inner, part.inner);
  }
  return heads === undefined ? { whole: last } : { heads, tails: last, inner };
}

/** Letters that follow one another as one text, which is far less to join with others. */
function withoutSingles(parts: readonly Known[]): readonly Known[] {
  const fewer: Known[] = [];
  for (const part of parts) {
    const text = singleOf(part);
    const before = fewer.length === 0 ? undefined : singleOf(fewer.at(-1) as Known);
    const both = text === undefined || before === undefined ? undefined : joined(before, text);
    if (both !== undefined) fewer[fewer.length - 1] = { whole: [both] };
    else fewer.push(part);
  }
  return fewer;
}

function singleOf({ whole }: Known): string | undefined {
  return whole?.length === 1 ? whole[0] : undefined;
}

/** Any of some. */
export function oneOf(branches: readonly Known[]): Known {
  if (branches.length === 1) return branches[0] as Known;
  const whole = unionOf(branches.map((branch) => branch.whole));
  if (whole !== undefined && whole.length <= MOST_TEXTS) return { whole };
  const heads = unionOf(branches.map((branch) => branch.whole ?? branch.heads)) ?? [''];
  const tails = unionOf(branches.map((branch) => branch.whole ?? branch.tails)) ?? [''];
  const needs = branches.map(mostTelling);
  const inner = { texts: needs.flatMap(({ texts }) => texts), often: sumOf(needs.map(({ often }) => often)) };
  return { heads, tails, inner };
}

/** One part several times. */
export function repeated(part: Known, least: number, most: number): Known {
  // A run of white space is read as one.
  const isWhiteSpace = part.whole?.every((text) => text.length === 1 && isWhite(text, 0)) === true;
  const times = isWhiteSpace ? Math.min(1, most) : most;
  if (times <= MOST_TIMES) {
    const certain = Math.min(least, times);
    const known = inARow([...copies(part, certain), ...copies(optional(part), times - certain)]);
    if (known.whole !== undefined || least > 0) return known;
  }
  if (least === 0) return ANYTHING;
  return {
    heads: part.whole ?? part.heads,
    tails: part.whole ?? part.tails,
    inner: part.whole === undefined ? part.inner : undefined,
  };
}

/** One of these is in each text that an expression matches; the empty text where nothing is known. */
export function neededTexts(known: Known): Texts {
  const parts = new Set(mostTelling(known).texts.map((text) => tellingPartOf(text).part));
  return [...parts].filter((part) => !isToldByAnother(part, parts));
}

function mostTelling(known: Known): Need {
  if (known.whole !== undefined) return needOf(known.whole);
  return moreTelling(moreTelling(known.inner, needOf(known.heads)), needOf(known.tails)) as Need;
}

function isToldByAnother(text: string, others: ReadonlySet<string>): boolean {
  for (let from = 0; from < text.length; from++)
    for (let to = from + 1; to <= text.length; to++)
      if (to - from < text.length && others.has(text.slice(from, to))) return true;
  return false;
}

function optional(part: Known): Known {
  return part.whole === undefined ? ANYTHING : { whole: distinct(['', ...part.whole]) };
}

function copies(part: Known, count: number): readonly Known[] {
  return Array.from({ length: count }, () => part);
}

function unionOf(all: readonly (Texts | undefined)[]): Texts | undefined {
  const union = new Set<string>();
  for (const texts of all) {
    if (texts === undefined) return undefined;
    for (const text of texts) union.add(text);
  }
  return [...union];
}

function joinedTexts(first: Texts, second: Texts): Texts | undefined {
  if (first.length * second.length > MOST_TEXTS) return undefined;
  if (second.length === 1 && second[0] === '') return first;
  if (first.length === 1 && first[0] === '') return second;
  const all = new Set<string>();
  for (const head of first)
    for (const tail of second) {
      const text = joined(head, tail);
      if (text !== undefined) all.add(text);
    }
  return [...all];
}

/** Two texts as one, unless a border of a word is where none can be. */
function joined(head: string, tail: string): string | undefined {
  if (head === '' || tail === '') return head + tail;
  const hasBorder = head.endsWith(BORDER) || tail.startsWith(BORDER);
  if (!hasBorder && !(isWhite(head, head.length - 1) && isWhite(tail, 0))) return head + tail;
  const text = `${head}${tail}`.replace(/\u0083+/g, BORDER);
  if (/\w\u0083\w|[^\w\u0083]\u0083[^\w\u0083]/.test(text)) return undefined;
  return text
    .replace(/(?<=[^\u0083])\u0083(?=[^\u0083])/g, '')
    .replace(/[ \n]{2,}/g, (run) => (run.includes(LINE_BREAK) ? LINE_BREAK : SPACE));
}

function isWhite(text: string, place: number): boolean {
  return text[place] === SPACE || text[place] === LINE_BREAK;
}

function distinct(texts: Texts): Texts {
  return texts.length > 1 ? [...new Set(texts)] : texts;
}

function moreTelling(first: Need | undefined, second: Need | undefined): Need | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return second.often < first.often ? second : first;
}

function needOf(texts: Texts): Need {
  return { texts, often: sumOf(texts.map((text) => tellingPartOf(text).often)) };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** The part of a text that tells most, and how often a place of an honest text has it, about. */
function tellingPartOf(text: string): { readonly part: string; readonly often: number } {
  const first = text.startsWith(BORDER) ? 1 : 0;
  const last = text.length - (text.length > first && text.endsWith(BORDER) ? 1 : 0);
  const width = Math.min(LONGEST_TEXT, last - first);
  let best = first;
  let often = 1;
  for (let from = first; width > 0 && from + width <= last; from++) {
    let share = 1;
    for (let place = from; place < from + width; place++) share *= SHARES[text.charCodeAt(place)] as number;
    if (from === 1 && first === 1) share *= SHARE_OF_BORDERS;
    if (from + width === last && last < text.length) share *= SHARE_OF_BORDERS;
    if (share < often && !isUsual(text.slice(from, from + width))) [best, often] = [from, share];
  }
  const end = best + width;
  return { part: text.slice(best === first ? 0 : best, end === last ? text.length : end), often };
}

/** How often honest texts have a symbol, about. */
function shareOf(symbol: string): number {
  if (/[a-z]/.test(symbol)) return 0.2;
  if (/[\d/=&.\- :]/.test(symbol)) return 0.1;
  return /[?_,;()\u0081\u0082]/.test(symbol) ? 0.03 : 0.003;
}

/** What nearly all addresses have in them, and the names that browsers give themselves. */
const USUAL = ['http://', 'https://', ' ('];

function isUsual(text: string): boolean {
  return USUAL.some((usual) => usual.includes(text));
}

const SHARE_OF_BORDERS = 0.3;
const SHARES = Float64Array.from({ length: 0x84 }, (_, code) => shareOf(String.fromCharCode(code)));
