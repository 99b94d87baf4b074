/**
 * A clock for the option `now`, which goes with the real time until a test turns it forward: past the life of a token, or the idle and
 * the absolute limit of a session.
 *
 * ```ts
 * const clock = new TestClock();
 * PortcullisModule.forRoot({ now: clock.now });
 * clock.forward(900);
 * ```
 */
export class TestClock {
  #aheadMs = 0;

  /** Milliseconds since the epoch. */
  readonly now = (): number => Date.now() + this.#aheadMs;

  /** @param seconds that pass at once */
  forward(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }
}
