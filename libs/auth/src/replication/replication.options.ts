import { IsIn, IsInt, Max, Min } from 'class-validator';
import { HasMethods, IfGiven } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';
import type { ChangeFeed } from './change-feed.js';

const WHEN_STALE = ['reject', 'accept'] as const;

/** How several instances stay equal. */
export class ReplicationOptions {
  /** What publishes changes to all instances. None by default: then there is one instance. */
  @IfGiven()
  @HasMethods('publish', 'follow')
  readonly feed?: ChangeFeed;

  /** How long the change feed may be cut off, in seconds, before this instance no longer vouches for what it knows. */
  @IsInt()
  @Min(2)
  @Max(3_600)
  readonly maxStalenessSeconds: number = 30;

  /**
   * What becomes of credentials then: `reject` answers 503, because one of them may have been revoked elsewhere; `accept` goes on
   * with what is known. Bans go on in either case.
   */
  @IsIn(WHEN_STALE)
  readonly whenStale: (typeof WHEN_STALE)[number] = 'reject';
}

export const REPLICATION_OPTIONS = defineOptions('replication', ReplicationOptions);
