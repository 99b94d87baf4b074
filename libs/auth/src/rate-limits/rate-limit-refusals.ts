import { defineRefusal } from '../errors.js';

declare module '../errors.js' {
  interface RefusalCodes {
    rate_limit_exceeded: true;
  }
}

export const RATE_LIMIT_EXCEEDED = defineRefusal('rate_limit_exceeded', {
  status: 429,
  title: 'Rate limit exceeded',
  detail: 'Too many requests have come. Retry-After says when to come again.',
});
