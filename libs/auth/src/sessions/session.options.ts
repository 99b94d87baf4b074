import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import { defineOptions } from '../options/options-section.js';

/** How long logins last, and how many there may be. */
export class SessionOptions {
  /** How long a session goes on without being used, in seconds. */
  @IsInt()
  @Min(60)
  @Max(31_536_000)
  readonly idleSeconds: number = 1_209_600;

  /** How long a session goes on at most, however much it is used, in seconds. */
  @IsInt()
  @Min(60)
  @Max(31_536_000)
  readonly lifetimeSeconds: number = 2_592_000;

  /**
   * For how long the refresh token before the newest one still gets the newest one, in seconds: for an answer that was lost, and for tabs
   * that refresh at the same time. Afterwards it ends the session.
   */
  @IsInt()
  @Min(0)
  @Max(60)
  readonly graceSeconds: number = 10;

  /**
   * How long a session stays raised after its user has proven more (step-up), in seconds. Afterwards a refresh gives tokens of the login's
   * own level again. No access token of a raised level lives longer.
   */
  @IsInt()
  @Min(10)
  @Max(86_400)
  readonly raisedSeconds: number = 900;

  /** How many sessions one user may have. Beyond that the oldest ends. */
  @IsInt()
  @Min(1)
  @Max(500)
  readonly maxPerUser: number = 100;

  /** How often one session is refreshed within a minute, by all instances together. */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  readonly refreshesPerMinute: number = 120;

  /** Also report each refresh, by the event `session.refreshed`. */
  @IsBoolean()
  readonly reportRefreshes: boolean = false;
}

export const SESSION_OPTIONS = defineOptions('sessions', SessionOptions);
