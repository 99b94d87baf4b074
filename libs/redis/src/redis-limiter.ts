import type { StrikeLimiter } from '@portcullis/auth';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { Patience } from './patience.js';
import { connectionOf, type RedisConnection } from './redis-connection.js';

/** How long Redis may take to count, in milliseconds. */
const PATIENCE = 500;

export interface RedisLimiterOptions {
  /** The team's connection. */
  readonly redis: RedisConnection;
  /** What the keys of all sums begin with, behind the connection's own key prefix: another for each app, and for each kind of sums. */
  readonly keyPrefix: string;
}

/**
 * Sums in Redis that all instances share. It refuses nobody by itself: whoever adds points says for how many seconds, and looks at
 * the sum. While Redis is away every call fails, within half a second or at once.
 *
 * @throws TypeError when an option can not be used
 */
export function redisLimiter({ redis, keyPrefix }: RedisLimiterOptions): StrikeLimiter {
  if (typeof keyPrefix !== 'string' || keyPrefix === '')
    throw new TypeError('redisLimiter: keyPrefix must be a text that is not empty');
  const limiter = new RateLimiterRedis({
    storeClient: connectionOf('redisLimiter', redis),
    keyPrefix,
    points: Number.MAX_SAFE_INTEGER,
    duration: 1,
  });
  const patience = new Patience(PATIENCE);
  return {
    penalty: (key, points, options = {}) =>
      patience.ask('count', () => limiter.penalty(key, points, { ...options, ...durationOf(options) })),
    get: (key, options) =>
      patience.ask('read a count', async () => {
        const found = await limiter.get(key, options);
        // What it is when the command has failed; a sum that is no number would never reach any limit.
        if (found !== null && Number.isNaN(found.consumedPoints)) throw new Error('this is no number');
        return found;
      }),
    delete: (key, options) => patience.ask('delete a count', () => limiter.delete(key, options)),
  };
}

/** Whole seconds, which is what the limiter cuts off to; less than one it would take for ever. */
function durationOf({ customDuration }: { customDuration?: number }): { customDuration?: number } {
  if (customDuration === undefined) return {};
  if (!(customDuration > 0 && customDuration < Number.MAX_SAFE_INTEGER))
    throw new RangeError('customDuration must be a positive number of seconds');
  return { customDuration: Math.ceil(customDuration) };
}
