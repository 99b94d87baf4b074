import type { FactorTries, TryLimits } from '../../mfa/factor.store.js';

interface Tried {
  readonly count: number;
  readonly at: number;
  /** How long after that the next one has to wait, in milliseconds. */
  readonly delayMs: number;
}

const NONE: Tried = { count: 0, at: 0, delayMs: 0 };

/** Tries of users since they have proven themselves last. */
export class MemoryFactorTries {
  readonly #tried = new Map<string, Tried>();

  /** @returns for how many milliseconds the user has to wait, or 0 for a try that has begun */
  begin(tries: FactorTries, limits: TryLimits, at: number): number {
    const key = keyOf(tries);
    const { count, delayMs, ...last } = this.#tried.get(key) ?? NONE;
    const wait = last.at + delayMs - at;
    if (wait > 0) return wait;
    this.#tried.set(key, { count: count + 1, at, delayMs: delayAfter(count + 1, delayMs, limits) });
    return 0;
  }

  forget(tries: FactorTries): void {
    this.#tried.delete(keyOf(tries));
  }
}

function delayAfter(
  count: number,
  delayMs: number,
  { free, firstDelayMs, longestDelayMs }: TryLimits,
): number {
  if (count < free) return 0;
  return Math.min(delayMs === 0 ? firstDelayMs : 2 * delayMs, longestDelayMs);
}

function keyOf({ issuer, subject, kind }: FactorTries): string {
  return JSON.stringify([issuer, subject, kind]);
}
