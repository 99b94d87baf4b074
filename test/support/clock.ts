const MINUTE = 60_000;

/**
 * A clock for the option `now`: it goes with the real time until a test turns it forward. It begins with a full minute, so that no window
 * of strikes ends while a test counts.
 */
export class TestClock {
  #ahead = MINUTE - (Date.now() % MINUTE);

  readonly now = (): number => Date.now() + this.#ahead;

  forward(seconds: number): void {
    this.#ahead += seconds * 1000;
  }
}
