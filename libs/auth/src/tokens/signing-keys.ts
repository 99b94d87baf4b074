import { KeySet } from './key-set.js';
import type { RingKey } from './signing-key.js';

/** All in milliseconds. */
interface Periods {
  /** How long a key signs before the next one takes over. */
  readonly rotateEvery: number;
  /** How long the next key is published before it signs. */
  readonly publishAhead: number;
  /** How long a key is kept after its successor has begun to sign. */
  readonly keptFor: number;
}

/** The keys of a ring, the oldest first, and what time makes of them. */
export class SigningKeys {
  #keys: readonly RingKey[] = [];
  #set = new KeySet([]);

  constructor(private readonly periods: Periods) {}

  get all(): readonly RingKey[] {
    return this.#keys;
  }

  /** What verifies their signatures, whenever they sign. */
  get set(): KeySet {
    return this.#set;
  }

  get newest(): RingKey | undefined {
    return this.#keys.at(-1);
  }

  replaceBy(keys: readonly RingKey[]): void {
    this.#keys = keys;
    this.#set = new KeySet(keys.map(({ verification }) => verification));
  }

  drop(kids: readonly string[]): void {
    this.replaceBy(this.#keys.filter(({ kid }) => !kids.includes(kid)));
  }

  /** The key that signs; undefined when there is none. */
  signerAt(now: number): RingKey | undefined {
    // A clock that was set back is no reason to issue nothing.
    return this.#keys.findLast(({ signsFrom }) => signsFrom <= now) ?? this.#keys[0];
  }

  /** From when on the next key is to sign, once it is time to publish it. */
  nextFrom(now: number): number | undefined {
    if (this.newest === undefined) return undefined;
    const due = this.newest.signsFrom + this.periods.rotateEvery;
    const soonest = now + this.periods.publishAhead;
    return soonest >= due ? soonest : undefined;
  }

  /** The keys whose successor has signed for as long as the last of their tokens may live. */
  doneAt(now: number): readonly RingKey[] {
    return this.#keys.filter((_, index) => {
      const successor = this.#keys[index + 1];
      return successor !== undefined && successor.signsFrom + this.periods.keptFor <= now;
    });
  }
}
