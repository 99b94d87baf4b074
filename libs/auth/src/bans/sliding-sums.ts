import type { MaybePromise } from '../async/maybe-promise.js';

/** What is counted. The keys of two kinds never meet. */
export type SumKind = 'network' | 'share' | 'identity' | 'account' | 'path' | 'credential';

/** The key of what these name, in one piece of memory: of a template V8 keeps all its parts for as long as the whole. */
export function sumKey(...names: readonly string[]): string {
  return names.join(' ');
}

/** Sums of points in windows that slide: of what is over, the share counts that is not a window old, in steps. */
export interface SlidingSums {
  /** Adds points to what a key has within the last so many seconds, and returns it, these included. */
  add(kind: SumKind, key: string, points: number, seconds: number): MaybePromise<number>;
  /** What a key has within the last so many seconds. */
  get(kind: SumKind, key: string, seconds: number): MaybePromise<number>;
  /** Whether nobody has asked about the key within the last so many seconds; of concurrent calls one gets `true`. */
  isNew(kind: SumKind, key: string, seconds: number): MaybePromise<boolean>;
  /** Forgets what a key has. */
  delete(kind: SumKind, key: string, seconds: number): MaybePromise<unknown>;
}
