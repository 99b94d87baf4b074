import { HasMethods, IfGiven } from '../options/option-validators.js';
import { defineOptions } from '../options/options-section.js';
import type { RouteLimit } from './handler-limits.js';
import { IsRouteLimit } from './rate-limit-validators.js';
import type { RateLimiter } from './request-counter.js';

/** How often callers may call. */
export class RateLimitOptions {
  /**
   * The limit of handlers that have none of their own (`@RateLimit`) and are not exempt (`@RateLimitExempt`): one for all of them together.
   * None by default.
   */
  @IfGiven()
  @IsRouteLimit()
  readonly default?: RouteLimit;

  /**
   * Where requests are counted: a limiter of `rate-limiter-flexible` that all instances share. In this process by default, and while the
   * limiter can't be asked.
   */
  @IfGiven()
  @HasMethods('penalty')
  readonly limiter?: RateLimiter;
}

export const RATE_LIMIT_OPTIONS = defineOptions('rateLimits', RateLimitOptions);
