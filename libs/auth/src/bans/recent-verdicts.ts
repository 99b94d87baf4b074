import { detachedCopy } from '../net/detached-copy.js';

/** In characters; what is longer is rare, and asked about each time. */
const LONGEST_REMEMBERED = 500;

/**
 * Verdicts on texts that came lately, in two generations: cheaper to write than a cache that keeps an order, since most texts of a flood
 * come once.
 */
export class RecentVerdicts {
  #young = new Map<string, boolean>();
  #old = new Map<string, boolean>();

  /** @param count of each generation */
  constructor(private readonly count: number) {}

  /** The verdict on a text, asked for where it is not known. */
  of(text: string, ask: (text: string) => boolean): boolean {
    if (text.length > LONGEST_REMEMBERED) return ask(text);
    const known = this.#young.get(text) ?? this.#old.get(text);
    if (known !== undefined) return known;
    const verdict = ask(text);
    if (this.#young.size >= this.count) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(detachedCopy(text), verdict);
    return verdict;
  }
}
