import { IsBoolean } from 'class-validator';
import { defineOptions } from '../options/options-section.js';

/** What the security events report. */
export class EventOptions {
  /** Also report requests that were let in, which is every request of a healthy app. */
  @IsBoolean()
  readonly accepted: boolean = false;

  /** Write refusals (debug), bans and leaks (warn) to Nest's logger. */
  @IsBoolean()
  readonly log: boolean = true;
}

export const EVENT_OPTIONS = defineOptions('events', EventOptions);
