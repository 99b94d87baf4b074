import { TwoGenerations } from '../two-generations.js';
import type { Strike } from './ban.store.js';

/** About 15 MB where there are twice as many. */
const REMEMBERED_STRIKES = 15_000;

const STRIKES_OF_ONE_NETWORK = 20;

/** The last strikes of each network, so that a ban can say what led to it. */
export class StrikeEvidence {
  readonly #strikes = new TwoGenerations<Strike[]>(REMEMBERED_STRIKES, ({ length }) => length);

  add(network: string, strike: Strike): void {
    const strikes = this.#strikes.get(network);
    if (strikes === undefined) {
      this.#strikes.set(network, [strike]);
      return;
    }
    if (strikes.length < STRIKES_OF_ONE_NETWORK) {
      this.#strikes.set(network, [...strikes, strike]);
      return;
    }
    // As many as before, so that the cache has nothing to make room for: a flood comes here each time.
    strikes.shift();
    strikes.push(strike);
  }

  /** The last strikes of a network, oldest first. */
  of(network: string): readonly Strike[] {
    return [...(this.#strikes.get(network) ?? [])];
  }

  forget(network: string): void {
    this.#strikes.delete(network);
  }
}
