import type { Texts } from './known-texts.js';
import { BEGINNING, BORDER, END, isOfWord, LINE_BREAK, SPACE, symbolOf } from './text-symbols.js';

/** A text that is looked for. */
interface Needed {
  /** In symbols. */
  readonly length: number;
  readonly beginsWord: boolean;
  readonly endsWord: boolean;
  readonly hasLineBreak: boolean;
  readonly asker: number;
}

/** What ends with a state. */
type Ended = readonly Needed[];

/** Characters below have a column of their own; the others share that of the last one. */
const CODES = 0x80;

/** The column of white space. */
const WHITE = 0;

const CODE_OF_BORDER = BORDER.charCodeAt(0);

/** All symbols, in the order of their columns. */
const SYMBOLS: readonly string[] = [
  ...new Set([SPACE, BEGINNING, END, ...Array.from({ length: CODES + 1 }, (_, code) => readAs(code))]),
];

const WIDTH = SYMBOLS.length;
const AT_BEGINNING = SYMBOLS.indexOf(BEGINNING);
const AT_END = SYMBOLS.indexOf(END);

/** By the code of a symbol, or of a character. */
const COLUMNS = Uint8Array.from({ length: CODE_OF_BORDER }, (_, code) => {
  const symbol = String.fromCharCode(code);
  return SYMBOLS.indexOf(SYMBOLS.includes(symbol) ? symbol : readAs(code));
});

/** As many as two bytes can number. */
const MOST_STATES = 0x1_00_00;

const NOBODY: readonly never[] = [];

/** Tells which of many texts another one holds by one look at each of its characters (Aho and Corasick, 1975). */
export class TextScan {
  /** The state that follows, by state and column: what has been read so far, as far as a text that is looked for may begin so. */
  readonly #next: Uint16Array;
  readonly #ended: readonly Ended[];
  /** Whether anything has ended, by state: in any text, and in one without line breaks. */
  readonly #hasEnded: Uint8Array;
  readonly #hasEndedInALine: Uint8Array;
  /** By asker: the last look that has found one of its texts. */
  readonly #foundIn: Float64Array;
  #look = 0;

  /** @param needs what each asker looks for: one of these texts of symbols */
  constructor(needs: readonly Texts[]) {
    const beginnings = beginningsOf(needs);
    goOnFromEnds(beginnings);
    const { ended } = beginnings;
    this.#next = beginnings.next;
    this.#ended = ended;
    this.#hasEnded = Uint8Array.from(ended, (all) => Number(all.length > 0));
    this.#hasEndedInALine = Uint8Array.from(ended, (all) => Number(!all.every((each) => each.hasLineBreak)));
    this.#foundIn = new Float64Array(needs.length);
  }

  /** Who looks for something that the text holds, in order. */
  askersIn(text: string): readonly number[] {
    const { length } = text;
    const next = this.#next;
    const hasEnded = hasLineBreak(text) ? this.#hasEnded : this.#hasEndedInALine;
    this.#look++;
    let found: number[] | undefined;
    let state = next[AT_BEGINNING] as number;
    let wasWhite = false;
    for (let place = 0; place < length; place++) {
      const code = text.charCodeAt(place);
      const column = code < CODES ? (COLUMNS[code] as number) : columnOf(code);
      const isWhite = column === WHITE;
      if (isWhite && wasWhite) continue;
      wasWhite = isWhite;
      state = next[state * WIDTH + column] as number;
      if (hasEnded[state] === 1) found = this.#foundAt(state, text, place, found);
    }
    state = next[state * WIDTH + AT_END] as number;
    if (hasEnded[state] === 1) found = this.#foundAt(state, text, length, found);
    return found ?? NOBODY;
  }

  /** Who looks for what ends with a character, besides those who were found before. */
  #foundAt(state: number, text: string, end: number, before: number[] | undefined): number[] | undefined {
    const ended = this.#ended[state] as Ended;
    let found = before;
    for (let index = 0; index < ended.length; index++) {
      const needed = ended[index] as Needed;
      const { asker } = needed;
      if (this.#foundIn[asker] === this.#look || !isThere(needed, text, end)) continue;
      this.#foundIn[asker] = this.#look;
      if (found === undefined) found = [asker];
      else insertInOrder(found, asker);
    }
    return found;
  }
}

/** They are few: a sort would take as long as the rest of a look. */
function insertInOrder(askers: number[], asker: number): void {
  let place = askers.length;
  for (; place > 0 && (askers[place - 1] as number) > asker; place--)
    askers[place] = askers[place - 1] as number;
  askers[place] = asker;
}

function readAs(code: number): string {
  const symbol = symbolOf(code);
  return symbol === LINE_BREAK ? SPACE : symbol;
}

function columnOf(code: number): number {
  return SYMBOLS.indexOf(readAs(code));
}

/** States by the beginnings of texts that are looked for; the first one is that of the empty one, and no other's successor. */
interface Beginnings {
  readonly ended: Ended[];
  /** By state: its first successor, the next one of what it succeeds, and by which column it does. */
  readonly successor: Uint16Array;
  readonly sibling: Uint16Array;
  readonly column: Uint8Array;
  /** By state and column; what nobody has written to takes no memory. */
  readonly next: Uint16Array;
}

function beginningsOf(needs: readonly Texts[]): Beginnings {
  const most = needs.reduce((sum, texts) => texts.reduce((all, { length }) => all + length, sum), 1);
  if (most > MOST_STATES) throw new Error(`Too much is looked for: ${most} symbols`);
  const next = new Uint16Array(most * WIDTH);
  const [successor, sibling, column] = [new Uint16Array(most), new Uint16Array(most), new Uint8Array(most)];
  const ended: Ended[] = [NOBODY];
  const stateAfter = (before: number, by: number): number => {
    const known = next[before * WIDTH + by] as number;
    if (known !== 0) return known;
    const state = ended.push(NOBODY) - 1;
    next[before * WIDTH + by] = state;
    column[state] = by;
    sibling[state] = successor[before] as number;
    successor[before] = state;
    return state;
  };
  for (let asker = 0; asker < needs.length; asker++)
    for (const text of needs[asker] as Texts) {
      let state = 0;
      let length = 0;
      for (let place = 0; place < text.length; place++) {
        const code = text.charCodeAt(place);
        if (code === CODE_OF_BORDER) continue;
        state = stateAfter(state, COLUMNS[code] as number);
        length++;
      }
      ended[state] = [...(ended[state] as Ended), neededOf(text, length, asker)];
    }
  return { ended, successor, sibling, column, next };
}

/** Where nothing that is looked for goes on so, what was read counts as the longest of its ends with which something does. */
function goOnFromEnds({ ended, successor, sibling, column, next }: Beginnings): void {
  /** The state of the longest end, by state. */
  const shorter = new Uint16Array(ended.length);
  const states = new Uint16Array(ended.length);
  for (let read = 0, count = 1; read < count; read++) {
    const state = states[read] as number;
    const row = state * WIDTH;
    const end = (shorter[state] as number) * WIDTH;
    if (state !== 0) next.copyWithin(row, end, end + WIDTH);
    for (let longer = successor[state] as number; longer !== 0; longer = sibling[longer] as number) {
      const by = column[longer] as number;
      shorter[longer] = state === 0 ? 0 : (next[end + by] as number);
      ended[longer] = both(ended[longer] as Ended, ended[shorter[longer] as number] as Ended);
      next[row + by] = longer;
      states[count++] = longer;
    }
  }
}

function both(first: Ended, second: Ended): Ended {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...first, ...second];
}

/** How long a run of white space is that counts as one symbol, nobody knows: no borders are looked for beyond. */
function neededOf(text: string, length: number, asker: number): Needed {
  return {
    length,
    beginsWord: text.startsWith(BORDER) && !/.[ \n]./.test(text.slice(1)),
    endsWord: text.endsWith(BORDER) && !/[ \n].$/.test(text),
    hasLineBreak: text.includes(LINE_BREAK),
    asker,
  };
}

/** Whether there is what else a text must be that ends with a character. */
function isThere(needed: Needed, text: string, end: number): boolean {
  return (
    (!needed.beginsWord || isBorder(text, end - needed.length + 1)) &&
    (!needed.endsWord || isBorder(text, end + 1)) &&
    (!needed.hasLineBreak || hasLineBreak(text))
  );
}

/** Whether a word begins or ends before a place. */
function isBorder(text: string, place: number): boolean {
  return isOfWord(text.charCodeAt(place - 1)) !== isOfWord(text.charCodeAt(place));
}

function hasLineBreak(text: string): boolean {
  return text.includes('\n') || text.includes('\r');
}
