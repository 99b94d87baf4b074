import { LRUCache } from 'lru-cache';
import type { Strike } from './ban.store.js';

/** About 15 MB. */
const REMEMBERED_STRIKES = 30_000;

const STRIKES_OF_ONE_NETWORK = 20;

/** The last strikes of each network, so that a ban can say what led to it. */
export class StrikeEvidence {
  readonly #strikes = new LRUCache<string, Strike[]>({
    maxSize: REMEMBERED_STRIKES,
    sizeCalculation: (strikes) => strikes.length,
  });

  add(network: string, strike: Strike): void {
    const strikes = this.#strikes.get(network) ?? [];
    this.#strikes.set(network, [...strikes, strike].slice(-STRIKES_OF_ONE_NETWORK));
  }

  /** The last strikes of a network, oldest first. */
  of(network: string): readonly Strike[] {
    return this.#strikes.get(network) ?? [];
  }

  forget(network: string): void {
    this.#strikes.delete(network);
  }
}
