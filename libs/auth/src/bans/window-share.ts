/** In how many steps a share shrinks. */
const STEPS = 64;

/**
 * How much still counts of a window, or of a part of one, by how much of it has passed: whole steps, so that a burst across the border
 * reaches its limit at the limit. A share that shrinks by the millisecond gives back a little while the burst goes on.
 */
export function shareLeft(passed: number): number {
  return Math.ceil((1 - Math.min(1, Math.max(0, passed))) * STEPS) / STEPS;
}
