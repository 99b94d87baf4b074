import { ANYTHING, inARow, type Known, NOTHING, oneOf, repeated } from './known-texts.js';
import { BEGINNING, BORDER, END, LINE_BREAK, SPACE, symbolOf } from './text-symbols.js';

/** A class of more characters than that tells too little. */
const MOST_OF_A_CLASS = 16;

const DIGITS = [...'0123456789'];
const WHITE_SPACE = [SPACE];

/** Reads the source of an expression for what is known of the texts that it matches. */
export class ExpressionReader {
  #place = 0;

  constructor(private readonly source: string) {}

  read(): Known {
    const known = this.#choice();
    if (this.#place < this.source.length) throw this.#unreadable();
    return known;
  }

  #choice(): Known {
    const branches = [this.#sequence()];
    while (this.#takes('|')) branches.push(this.#sequence());
    return oneOf(branches);
  }

  #sequence(): Known {
    const parts: Known[] = [];
    while (this.#place < this.source.length && !/[|)]/.test(this.#peek())) parts.push(this.#quantified());
    return inARow(parts);
  }

  #quantified(): Known {
    const part = this.#part();
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.source.slice(this.#place));
    if (found === null) return part;
    this.#place += found[0].length;
    const [, sign, least, comma, most] = found;
    if (sign === '?') return repeated(part, 0, 1);
    if (sign !== undefined) return repeated(part, sign === '+' ? 1 : 0, Number.POSITIVE_INFINITY);
    const times = Number(least);
    if (comma === '') return repeated(part, times, times);
    return repeated(part, times, most === '' ? Number.POSITIVE_INFINITY : Number(most));
  }

  #part(): Known {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return charactersOf(this.#class());
    if (character === '\\') return this.#escape();
    if (character === '.') return ANYTHING;
    if (character === '^') return charactersOf([BEGINNING]);
    if (character === '$') return charactersOf([END]);
    if (/[*+?]/.test(character)) throw this.#unreadable();
    return charactersOf([symbolOf(character.charCodeAt(0))]);
  }

  /** What is only looked at is no part of a match. */
  #group(): Known {
    const look = /^\?(?:<?[=!]|:)/.exec(this.source.slice(this.#place))?.[0];
    this.#place += look?.length ?? 0;
    if (look === undefined && this.#peek() === '?') throw this.#unreadable();
    const known = this.#choice();
    if (!this.#takes(')')) throw this.#unreadable();
    return look === undefined || look === '?:' ? known : NOTHING;
  }

  #escape(): Known {
    const letter = this.#peek();
    if (/[bB]/.test(letter)) {
      this.#place++;
      return letter === 'b' ? charactersOf([BORDER]) : NOTHING;
    }
    if (/[1-9]/.test(letter)) {
      this.#place++;
      return ANYTHING;
    }
    return charactersOf(this.#escaped());
  }

  /** The characters of a class; undefined where they are too many. */
  #class(): readonly string[] | undefined {
    const isNegated = this.#takes('^');
    const all = new Set<string>();
    let areMany = isNegated;
    while (!this.#takes(']')) {
      const from = this.#ofClass();
      const isRange = this.#peek() === '-' && this.source[this.#place + 1] !== ']';
      if (isRange && from?.length === 1) {
        this.#place++;
        for (const each of rangeOf(from[0] as string, this.#ofClass()?.[0])) all.add(each);
      } else if (from === undefined) areMany = true;
      else for (const each of from) all.add(each);
    }
    return areMany || all.size > MOST_OF_A_CLASS ? undefined : [...all];
  }

  #ofClass(): readonly string[] | undefined {
    const character = this.#next();
    return character === '\\' ? this.#escaped() : [symbolOf(character.charCodeAt(0))];
  }

  /** The characters that an escape stands for. */
  #escaped(): readonly string[] | undefined {
    const letter = this.#next();
    if (letter === 'd') return DIGITS;
    if (letter === 's') return WHITE_SPACE;
    if (/[wWSD]/.test(letter)) return undefined;
    if (/[nr]/.test(letter)) return [LINE_BREAK];
    if (/[tvf]/.test(letter)) return [SPACE];
    if (letter === '0') return [symbolOf(0)];
    if (/[ux]/.test(letter)) return [symbolOf(this.#hex(letter === 'u' ? 4 : 2))];
    if (/[a-z]/i.test(letter)) throw this.#unreadable();
    return [symbolOf(letter.charCodeAt(0))];
  }

  #hex(length: number): number {
    const digits = this.source.slice(this.#place, this.#place + length);
    this.#place += length;
    return Number.parseInt(digits, 16);
  }

  #peek(): string {
    return this.source[this.#place] ?? '';
  }

  #next(): string {
    if (this.#place >= this.source.length) throw this.#unreadable();
    return this.source[this.#place++] as string;
  }

  #takes(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#place++;
    return true;
  }

  #unreadable(): Error {
    return new Error(`Nothing is known of an expression from place ${this.#place} on: ${this.source}`);
  }
}

function charactersOf(characters: readonly string[] | undefined): Known {
  return characters === undefined ? ANYTHING : { whole: characters };
}

function rangeOf(from: string, to: string | undefined): readonly string[] {
  const [first, last] = [from.charCodeAt(0), to?.charCodeAt(0) ?? 0];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => symbolOf(first + step));
}
