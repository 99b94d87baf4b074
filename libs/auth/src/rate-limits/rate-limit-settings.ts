import type { Clock } from '../options/clock.js';
import type { RateLimitOptions } from './rate-limits.options.js';

/** Injects the {@link RateLimitSettings}. */
export const RATE_LIMIT_SETTINGS = Symbol('portcullis.rate-limits');

/** What of the options this room reads. */
export interface RateLimitSettings {
  readonly rateLimits: RateLimitOptions;
  readonly now: Clock;
}
