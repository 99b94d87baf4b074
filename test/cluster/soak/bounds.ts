/** What is promised, and what a busy machine is allowed beyond it. All in milliseconds of the checker's own clock, which nobody sets. */

/** `replication.maxStalenessSeconds` of the app: the least that there may be, so that a run sees much of it. */
export const STALENESS_SECONDS = 2;

/** Processes, checker and servers share two cores, and perhaps with other tests. */
const BUSY_MACHINE = 500;

/** Among healthy processes a change takes milliseconds; a second is what is documented at most. */
export const HEALTHY = 1_000 + BUSY_MACHINE;

/**
 * One that is cut off, or was stopped, may go by what it knew at its last sign of life, for as long as it may be stale. That sign may
 * have been on its way while the revocation was acknowledged, and as long as a connection may take to be given up.
 */
export const DISTURBED = STALENESS_SECONDS * 1_000 + 1_000;

/** How long a fault may be felt after its end: connections are made again after pauses of up to a second, and may time out first. */
export const RECOVERY = 4_000;

/** An answer that takes longer shows that the machine is too busy for {@link HEALTHY}. */
export const SLOW_ANSWER = 400;

/** What is not answered by then counts as lost. Longer than anything that answers by itself, such as a publication that is given up. */
export const PATIENCE = 15_000;

/** When everything is healed, all processes have to be well, and of one mind, by then. */
export const CONVERGENCE = 30_000;
