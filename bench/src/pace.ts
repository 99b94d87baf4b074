/** How much is measured: enough for figures to quote, or just enough to see where things stand. */
export interface Pace {
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Rounds before these, in which V8 optimises. */
  readonly warmUpRounds: number;
  /** Requests in a window, a multiple of the connections. */
  readonly requests: number;
  readonly connections: number;
}

export const FULL_PACE: Pace = {
  isQuick: false,
  rounds: 7,
  warmUpRounds: 2,
  requests: 1_500,
  connections: 10,
};

export const QUICK_PACE: Pace = {
  isQuick: true,
  rounds: 3,
  warmUpRounds: 1,
  requests: 800,
  connections: 10,
};
