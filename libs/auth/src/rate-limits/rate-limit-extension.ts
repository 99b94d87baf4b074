import type { PortcullisExtension } from '../extension.js';
import { RATE_LIMIT_EXCEEDED } from './rate-limit-refusals.js';
import { RateLimits } from './rate-limits.js';
import { RATE_LIMIT_OPTIONS } from './rate-limits.options.js';

export const RATE_LIMITING: PortcullisExtension = {
  name: 'rate-limits',
  options: [RATE_LIMIT_OPTIONS],
  refusals: [RATE_LIMIT_EXCEEDED],
  providers: [RateLimits],
};
