/** Levels of lists and objects in each other. */
const DEEPEST = 64;
/** A text that goes on from piece to piece is looked through anew with each. */
const LONGEST_TEXT = 1_048_576;

const PUNCTUATION = '{}[],:';
const SCALAR_END = /[\s{}[\],:"]/g;

/** Whether an element of a list is dealt with, and needs not be kept. `place` is that of the list, such as `[].decisions`. */
type TakeElement = (element: unknown, place: string) => boolean;

/** A list or an object of which not all is read. */
interface Open {
  readonly value: unknown[] | Record<string, unknown>;
  readonly place: string;
  key: string;
}

/** What may come next; `first` is a value or a key, or else the end. */
type Expected = 'value' | 'key' | ':' | 'first' | 'next' | 'nothing';

/**
 * Reads JSON (RFC 8259) that comes in pieces, and so does not hold up its thread as `JSON.parse` does with very much of it. It takes what
 * that takes, but for more levels than a list has and for single texts of more than a million characters. Values named `__proto__` are left
 * out.
 */
export class JsonReader {
  #rest = '';
  #root: unknown;
  #expected: Expected = 'value';
  readonly #open: Open[] = [];

  /** @param take is given each element of a list as soon as it is read */
  constructor(private readonly take: TakeElement) {}

  /** @throws SyntaxError when this is no JSON */
  write(piece: string): void {
    const text = this.#rest + piece;
    let at = 0;
    for (let end: number | undefined; ; at = end) {
      at = startOfToken(text, at);
      const isMark = at < text.length && PUNCTUATION.includes(text[at] as string);
      end = isMark ? at + 1 : endOfScalar(text, at);
      if (end === undefined) break;
      if (isMark) this.#mark(text[at] as string);
      else this.#scalar(JSON.parse(text.slice(at, end)));
    }
    this.#rest = text.slice(at);
    if (this.#rest.length > LONGEST_TEXT) throw new SyntaxError('A text is too long');
  }

  /**
   * The whole, when all is written; without the elements that were taken.
   *
   * @throws SyntaxError when something is missing
   */
  end(): unknown {
    this.write(' ');
    this.#demand(this.#expected === 'nothing' && this.#rest === '');
    return this.#root;
  }

  #mark(mark: string): void {
    if (mark === '{') this.#begin({});
    else if (mark === '[') this.#begin([]);
    else if (mark === ',') {
      this.#demand(this.#expected === 'next');
      this.#expected = this.#isInList ? 'value' : 'key';
    } else if (mark === ':') {
      this.#demand(this.#expected === ':');
      this.#expected = 'value';
    } else this.#finish(mark === ']');
  }

  #begin(value: Open['value']): void {
    this.#demandValue();
    const outer = this.#open.at(-1);
    if (this.#open.length === DEEPEST) throw new SyntaxError('There are too many levels');
    const place = outer === undefined ? '' : `${outer.place}${this.#isInList ? '[]' : `.${outer.key}`}`;
    this.#open.push({ value, place, key: '' });
    this.#expected = 'first';
  }

  #finish(isList: boolean): void {
    const isWhole = this.#expected === 'first' || this.#expected === 'next';
    const open = this.#open.at(-1);
    this.#demand(open !== undefined && isWhole && isList === this.#isInList);
    this.#open.pop();
    this.#add(open?.value);
  }

  #scalar(value: unknown): void {
    const isKey = this.#expected === 'key' || (this.#expected === 'first' && !this.#isInList);
    if (isKey) {
      this.#demand(typeof value === 'string');
      (this.#open.at(-1) as Open).key = value as string;
      this.#expected = ':';
      return;
    }
    this.#demandValue();
    this.#add(value);
  }

  #add(value: unknown): void {
    const outer = this.#open.at(-1);
    this.#expected = outer === undefined ? 'nothing' : 'next';
    if (outer === undefined) this.#root = value;
    else if (Array.isArray(outer.value)) {
      if (!this.take(value, outer.place)) outer.value.push(value);
      // Set like others, it would be no value of the object but what it inherits from.
    } else if (outer.key !== '__proto__') outer.value[outer.key] = value;
  }

  get #isInList(): boolean {
    return Array.isArray(this.#open.at(-1)?.value);
  }

  #demandValue(): void {
    this.#demand(this.#expected === 'value' || (this.#expected === 'first' && this.#isInList));
  }

  #demand(holds: boolean): void {
    if (!holds) throw new SyntaxError('This is no JSON');
  }
}

/** Behind the white space of JSON. */
function startOfToken(text: string, start: number): number {
  let at = start;
  while (at < text.length && ' \t\n\r'.includes(text[at] as string)) at++;
  return at;
}

/** Where a text, a number or a name ends; undefined where it may go on. */
function endOfScalar(text: string, start: number): number | undefined {
  if (text[start] === '"') return endOfText(text, start);
  SCALAR_END.lastIndex = start;
  return SCALAR_END.exec(text)?.index;
}

function endOfText(text: string, start: number): number | undefined {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = at;
    while (text[escapes - 1] === '\\') escapes--;
    if ((at - escapes) % 2 === 0) return at + 1;
  }
  return undefined;
}
