const FIRST_MS = 50;
const LONGEST_MS = 5_000;

/** Pauses between attempts, each twice as long as the one before: from 50 ms to 5 s. They keep no process alive. */
export function newBackoff(): { next(): Promise<void> } {
  let milliseconds = FIRST_MS;
  return {
    next() {
      const pause = milliseconds;
      milliseconds = Math.min(2 * milliseconds, LONGEST_MS);
      return new Promise((resolve) => setTimeout(resolve, pause).unref());
    },
  };
}
