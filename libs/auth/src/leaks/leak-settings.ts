import type { Clock } from '../options/clock.js';

/** Injects the {@link LeakSettings}. */
export const LEAK_SETTINGS = Symbol('portcullis.leaks');

/** What of the options this room reads. */
export interface LeakSettings {
  readonly now: Clock;
}
