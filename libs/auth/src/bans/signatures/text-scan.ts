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

/** What has been read so far, as far as a text that is looked for may begin so. */
interface Node {
  readonly next: Map<string, Node>;
  readonly state: number;
  readonly ended: Needed[];
}

/** Characters below have a column of their own; the others share that of the last one. */
const CODES = 0x80;

/** The columns of white space, and of what nobody looks for. */
const WHITE = 1;
const UNKNOWN = 0;

const NOBODY: readonly never[] = [];

/** Tells which of many texts another one holds by one look at each of its characters (Aho and Corasick, 1975). */
export class TextScan {
  readonly #columnOf: ReadonlyMap<string, number>;
  /** By the code of a character. */
  readonly #columns: Uint8Array;
  readonly #width: number;
  /** The state that follows, by state and column. */
  readonly #next: Uint16Array;
  readonly #ended: readonly (readonly Needed[])[];
  /** Whether anything has ended, by state: in any text, and in one without line breaks. */
  readonly #hasEnded: Uint8Array;
  readonly #hasEndedInALine: Uint8Array;
  /** By asker: the last look that has found one of its texts. */
  readonly #foundIn: Float64Array;
  readonly #beginning: number;
  readonly #end: number;
  #look = 0;

  /** @param needs what each asker looks for: one of these texts of symbols */
  constructor(needs: readonly Texts[]) {
    const nodes = nodesOf(needs);
    const symbols = new Set([SPACE, BEGINNING, END]);
    for (const { next } of nodes) for (const symbol of next.keys()) symbols.add(symbol);
    this.#columnOf = new Map([...symbols].map((symbol, index) => [symbol, index + WHITE]));
    this.#beginning = this.#columnOf.get(BEGINNING) as number;
    this.#end = this.#columnOf.get(END) as number;
    this.#width = symbols.size + 1;
    this.#columns = Uint8Array.from({ length: CODES + 1 }, (_, code) => this.#columnAt(code));
    this.#next = new Uint16Array(nodes.length * this.#width);
    this.#fill(nodes);
    this.#ended = nodes.map(({ ended }) => ended);
    this.#hasEnded = Uint8Array.from(nodes, ({ ended }) => Number(ended.length > 0));
    this.#hasEndedInALine = Uint8Array.from(nodes, ({ ended }) =>
      Number(!ended.every((each) => each.hasLineBreak)),
    );
    this.#foundIn = new Float64Array(needs.length);
  }

  /** Who looks for something that the text holds, in order. */
  askersIn(text: string): readonly number[] {
    const { length } = text;
    const columns = this.#columns;
    const next = this.#next;
    const width = this.#width;
    const hasEnded = hasLineBreak(text) ? this.#hasEnded : this.#hasEndedInALine;
    this.#look++;
    let found: number[] | undefined;
    let state = next[this.#beginning] as number;
    let wasWhite = false;
    for (let place = 0; place < length; place++) {
      const code = text.charCodeAt(place);
      const column = code < CODES ? (columns[code] as number) : this.#columnAt(code);
      const isWhite = column === WHITE;
      if (isWhite && wasWhite) continue;
      wasWhite = isWhite;
      state = next[state * width + column] as number;
      if (hasEnded[state] === 1) found = this.#foundAt(state, text, place, found);
    }
    state = next[state * width + this.#end] as number;
    if (hasEnded[state] === 1) found = this.#foundAt(state, text, length, found);
    return found?.sort((a, b) => a - b) ?? NOBODY;
  }

  /** Who looks for what ends with a character, besides those who were found before. */
  #foundAt(state: number, text: string, end: number, before: number[] | undefined): number[] | undefined {
    const ended = this.#ended[state] as readonly Needed[];
    let found = before;
    for (let index = 0; index < ended.length; index++) {
      const needed = ended[index] as Needed;
      const { asker } = needed;
      if (this.#foundIn[asker] === this.#look || !isThere(needed, text, end)) continue;
      this.#foundIn[asker] = this.#look;
      if (found === undefined) found = [asker];
      else found.push(asker);
    }
    return found;
  }

  #columnAt(code: number): number {
    const symbol = symbolOf(code);
    return this.#columnOf.get(symbol === LINE_BREAK ? SPACE : symbol) ?? UNKNOWN;
  }

  /** Where nothing that is looked for goes on so, what was read counts as the longest of its ends with which something does. */
  #fill(nodes: readonly Node[]): void {
    const queue: (readonly [node: Node, shorter: Node])[] = [];
    const goOn = (node: Node): void => {
      const row = node.state * this.#width;
      for (const [symbol, next] of node.next) {
        const place = row + (this.#columnOf.get(symbol) as number);
        queue.push([next, nodes[this.#next[place] as number] as Node]);
        this.#next[place] = next.state;
      }
    };
    goOn(nodes[0] as Node);
    for (const [node, shorter] of queue) {
      const from = shorter.state * this.#width;
      this.#next.copyWithin(node.state * this.#width, from, from + this.#width);
      node.ended.push(...shorter.ended);
      goOn(node);
    }
  }
}

/** @returns in the order of their states */
function nodesOf(needs: readonly Texts[]): readonly Node[] {
  const root: Node = { next: new Map(), state: 0, ended: [] };
  const nodes = [root];
  const nodeAfter = (before: Node, symbol: string): Node => {
    const known = before.next.get(symbol);
    if (known !== undefined) return known;
    const node: Node = { next: new Map(), state: nodes.length, ended: [] };
    nodes.push(node);
    before.next.set(symbol, node);
    return node;
  };
  for (const [asker, texts] of needs.entries())
    for (const text of texts) {
      const symbols = [...text.replaceAll(BORDER, '').replaceAll(LINE_BREAK, SPACE)];
      symbols.reduce(nodeAfter, root).ended.push(neededOf(text, symbols, asker));
    }
  return nodes;
}

/** How long a run of white space is that counts as one symbol, nobody knows: no borders are looked for beyond. */
function neededOf(text: string, symbols: readonly string[], asker: number): Needed {
  return {
    length: symbols.length,
    beginsWord: text.startsWith(BORDER) && !symbols.slice(1, -1).includes(SPACE),
    endsWord: text.endsWith(BORDER) && symbols.at(-1) !== SPACE,
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
