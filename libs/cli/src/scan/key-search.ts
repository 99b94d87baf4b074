import { type FoundSecret, MAX_SECRET_LENGTH, secretsIn } from '../secrets.js';

/** A key or a refresh token, and the line in which it begins; the first is 1. */
export interface KeyInText {
  readonly key: FoundSecret;
  readonly line: number;
}

/** Searches one text that comes in pieces, of which only the end of the last is kept. */
export class KeySearch {
  readonly #prefix: string | undefined;
  #kept = '';
  #line = 1;

  /** @param prefix the service that the keys are of; any by default */
  constructor(prefix?: string) {
    this.#prefix = prefix;
  }

  /**
   * The keys that the next piece completes. Bytes are taken as characters, and those that are zero left out: keys are
   * ASCII, so they are found in UTF-8, in UTF-16 and between whatever else a file holds.
   */
  take(bytes: Buffer): KeyInText[] {
    const text = this.#kept + bytes.toString('latin1').replaceAll('\0', '');
    const found: KeyInText[] = [];
    let end = 0;
    for (const key of secretsIn(text, this.#prefix)) {
      this.#line += lineBreaks(text, end, key.index);
      end = key.index + key.text.length;
      found.push({ key, line: this.#line });
    }
    // A key that was found is not kept, or the next piece would find it again.
    const kept = Math.max(end, text.length - (MAX_SECRET_LENGTH - 1));
    this.#line += lineBreaks(text, end, kept);
    this.#kept = text.slice(kept);
    return found;
  }
}

function lineBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
