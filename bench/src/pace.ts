/** How much is measured: enough for figures to quote, or just enough to see where things stand. */
export interface Pace {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Rounds before these, in which V8 optimises. */
  readonly warmUpRounds: number;
  /** Requests in a window at most, a multiple of the connections. */
  readonly requests: number;
  /** About how much of the server's CPU time a window takes at most, in microseconds: of a slow subject fewer requests show as much. */
  readonly windowMicros: number;
  readonly connections: number;
}

export const FULL_PACE: Pace = {
  isQuick: false,
  rounds: 5,
  warmUpRounds: 4,
  requests: 8_000,
  windowMicros: 500_000,
  connections: 10,
};

export const QUICK_PACE: Pace = {
  isQuick: true,
  rounds: 5,
  // With fewer requests before it V8 is still optimising, and a subject looks slower than it is.
  warmUpRounds: 8,
  requests: 2_000,
  windowMicros: 200_000,
  connections: 10,
};
