/** How much is measured. */
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
  windows: 12,
  // With fewer V8 is still optimising: what a subject adds to bare Nest was measured at a fifth more than it is.
  warmUpWindows: 30,
  windowMicros: 40_000,
  connections: 10,
};

/** Fewer subjects and parts, each measured as ever: whatever was shortened instead gave other ratios. */
export const QUICK_PACE: Pace = { ...FULL_PACE, isQuick: true };
