import type { ChangeFeed } from '@portcullis/auth';
import { endpointFrom } from '../doctor/endpoint.js';
import { UsageError } from '../verb.js';

/**
 * Works with the feed that the apps follow: the stream of the Redis that `REDIS_URL` names, or else that of the database.
 *
 * @throws {UsageError} when `REDIS_URL` can't be used
 */
export async function withFeed<T>(
  ofDatabase: ChangeFeed,
  work: (feed: ChangeFeed) => Promise<T>,
): Promise<T> {
  const { REDIS_URL } = process.env;
  if (!REDIS_URL) return work(ofDatabase);
  const endpoint = endpointFrom('REDIS_URL', REDIS_URL, ['redis', 'rediss'], 6379);
  if ('state' in endpoint) throw new UsageError(`${endpoint.what}: ${endpoint.advice}.`);
  // Only here, so that what needs no Redis loads no driver of it.
  const [{ Redis }, { redisChangeFeed }] = await Promise.all([
    import('ioredis'),
    import('@portcullis/redis'),
  ]);
  // A command is no app: it says at once that Redis is away instead of trying again.
  const redis = new Redis(endpoint.url, { lazyConnect: true, retryStrategy: null });
  // Without a listener the driver writes to the console; whoever waits for an answer gets the error.
  redis.on('error', () => {});
  try {
    return await work(redisChangeFeed({ redis }));
  } finally {
    redis.disconnect();
  }
}
