import { type RateLimiterAbstract, RateLimiterMemory } from 'rate-limiter-flexible';

/**
 * The points of each network in its current window, which opens with the first strike. Counting is atomic
 * in whatever the limiter keeps its numbers in.
 */
export class StrikeCounter {
  readonly #limiter: RateLimiterAbstract;

  /** @param windowSeconds how long points are remembered, counted from the first one */
  constructor(windowSeconds: number) {
    this.#limiter = new RateLimiterMemory({
      keyPrefix: 'strikes',
      points: Number.MAX_SAFE_INTEGER,
      duration: windowSeconds,
    });
  }

  /** Adds points and returns the new sum. */
  async add(network: string, points: number): Promise<number> {
    return (await this.#limiter.penalty(network, points)).consumedPoints;
  }

  /** Forgets the points of a network. */
  async reset(network: string): Promise<void> {
    await this.#limiter.delete(network);
  }
}
