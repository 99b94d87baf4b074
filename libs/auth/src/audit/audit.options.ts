import { IsArray, IsIn, IsInt, Max, Min } from 'class-validator';
import { AUDITED_BY_DEFAULT, AUDITED_TYPES, type AuditedType } from './audited-events.js';

/** What the audit log keeps, where there is a store for it. */
export class AuditOptions {
  /** The types of events that are kept. By default all but those that come with every request or all the time. */
  @IsArray()
  @IsIn(AUDITED_TYPES, { each: true, message: 'each value in $property must be the type of an event' })
  readonly events: readonly AuditedType[] = AUDITED_BY_DEFAULT;

  /** How long entries are kept, in days. */
  @IsInt()
  @Min(1)
  @Max(3_650)
  readonly retentionDays: number = 90;

  /** How many entries may wait for the store. Beyond it they are dropped and counted, refusals and strikes first. */
  @IsInt()
  @Min(100)
  @Max(1_000_000)
  readonly maxWaiting: number = 10_000;

  /**
   * How many entries a minute this instance keeps of each type that anybody can cause, such as refusals; more are only counted. An
   * attacker could otherwise fill the disk.
   */
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  readonly maxFloodPerMinute: number = 1_000;
}
