import { pause } from './pause.js';

const FIRST_MS = 50;
const LONGEST_MS = 5_000;

/** By chance up to half as long, so that not all come at once when something is back. */
export function byChance(milliseconds: number): number {
  return milliseconds * (0.5 + Math.random() / 2);
}

/**
 * Pauses between attempts, each about twice as long as the one before: from 50 ms to 5 s, by chance up to half as long. They keep no
 * process alive.
 */
export function newBackoff(): { next(): Promise<void> } {
  let milliseconds = FIRST_MS;
  return {
    next() {
      const longest = milliseconds;
      milliseconds = Math.min(2 * milliseconds, LONGEST_MS);
      return pause(byChance(longest));
    },
  };
}
