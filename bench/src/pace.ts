/** How much is measured: enough for figures to quote, or just enough to see where things stand. */
export interface Pace {
  readonly isQuick: boolean;
  /** Of what has no requests: calls, starts. */
  readonly rounds: number;
  /** How often each server is started anew: what one process happens to look like in memory can cost it some percent for life. */
  readonly starts: number;
  /** Windows of load on each server. */
  readonly windows: number;
  /** Windows before these, in which V8 optimises. */
  readonly warmUpWindows: number;
  /** About how much of the server's CPU time a window takes, in microseconds: of a slow subject fewer requests show as much. */
  readonly windowMicros: number;
  readonly connections: number;
}

export const FULL_PACE: Pace = {
  isQuick: false,
  rounds: 5,
  starts: 3,
  windows: 20,
  warmUpWindows: 20,
  windowMicros: 40_000,
  connections: 10,
};

export const QUICK_PACE: Pace = {
  isQuick: true,
  rounds: 5,
  starts: 1,
  windows: 20,
  // With fewer before it V8 is still optimising, and a subject looks slower than it is.
  warmUpWindows: 20,
  windowMicros: 25_000,
  connections: 10,
};
