import { IsArray, IsInt, IsString, Max, Min } from 'class-validator';
import type { EventCatalog } from '../events/event-catalog.js';
import type { SecurityEventType } from '../events/security-event.js';
import { IfGiven } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';

/** What the audit log keeps, where there is a store for it. */
export class AuditOptions {
  /** The types of events that are kept. By default all but those that come with every request or all the time. */
  @IfGiven()
  @IsArray()
  @IsString({ each: true })
  readonly events?: readonly SecurityEventType[];

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
   * attacker could otherwise fill the disk. Of one proven caller alone as many, of several together this times the root of their number.
   */
  @IsInt()
  @Min(0)
  @Max(10_000_000)
  readonly maxFloodPerMinute: number = 1_000;
}

/** What the options of the audit log name that is no event, or none that can be kept. */
export function unknownTypesIn({ events = [] }: AuditOptions, catalog: EventCatalog): string[] {
  const known = new Set<string>(catalog.audited);
  return events.every((type) => known.has(type))
    ? []
    : ['audit.events: each value must be the type of an event'];
}

export const AUDIT_OPTIONS = defineOptions('audit', AuditOptions);
