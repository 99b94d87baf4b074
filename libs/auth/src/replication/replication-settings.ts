import type { Clock } from '../options/clock.js';
import type { ReplicationOptions } from './replication.options.js';

/** Injects the {@link ReplicationSettings}. */
export const REPLICATION_SETTINGS = Symbol('portcullis.replication');

/** What of the options this room reads. */
export interface ReplicationSettings {
  readonly replication: ReplicationOptions;
  readonly now: Clock;
  /** Where all instances share a clock. */
  readonly sharedClock?: {
    /** Whether this machine's is off by more than can be corrected for. */
    readonly isAstray: boolean;
  };
}
