const MINUTE = 60_000;

/**
 * A clock for the option `now`: it goes with the real time until a test turns it forward. It begins with a full minute, so that no window
 * of strikes ends while a test counts.
 */
export class TestClock {
  #ahead = 0;
  #stoppedAt: number | undefined;

  constructor() {
    this.beginMinute();
  }

  readonly now = (): number => (this.#stoppedAt ?? Date.now()) + this.#ahead;

  forward(seconds: number): void {
    this.#ahead += seconds * 1000;
  }

  /** Turns it forward to the next full minute. */
  beginMinute(): void {
    this.#ahead += MINUTE - (this.now() % MINUTE);
  }

  /** Lets it go no further by itself: for tests that count what happens in one window, on however slow a machine. */
  stop(): this {
    this.#stoppedAt = Date.now();
    this.beginMinute();
    return this;
  }
}

const realNow = Date.now;
let ahead = 0;
const turnedForward = (): number => realNow() + ahead;

/**
 * Turns `Date.now` forward, for an app that takes no clock. Before it starts it has to be turned once, since that is what it asks from then
 * on.
 */
export function turnForward(seconds: number): void {
  Date.now = turnedForward;
  ahead += seconds * 1000;
}

/** Turns it forward to the next full minute: again before a test counts strikes. */
export function beginMinute(): void {
  turnForward((MINUTE - (turnedForward() % MINUTE)) / 1000);
}
