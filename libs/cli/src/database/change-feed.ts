import type { ChangeFeed } from '@portcullis/auth';
import { endpointFrom } from '../doctor/endpoint.js';
import { printable } from '../printable.js';
import { UsageError } from '../verb.js';

/** What tells an app's keys in Redis from those of others. */
export interface GivenKeys {
  /** The app's name: by default `ISSUER` of the environment. */
  readonly app?: string | undefined;
  /** The option `keyPrefix` of the app, where it has one. */
  readonly 'key-prefix'?: string | undefined;
}

/**
 * Works with the feed that the apps follow: the stream of the Redis that `REDIS_URL` names, or else that of the database.
 *
 * @throws {UsageError} when `REDIS_URL` can't be used, or it is not said whose stream it is
 * @throws Error when no app has such a stream: nobody would hear what is published
 */
export async function withFeed<T>(
  ofDatabase: ChangeFeed,
  given: GivenKeys,
  work: (feed: ChangeFeed) => Promise<T>,
): Promise<T> {
  const { REDIS_URL } = process.env;
  if (!REDIS_URL) return work(ofDatabase);
  const endpoint = endpointFrom('REDIS_URL', REDIS_URL, ['redis', 'rediss'], 6379);
  if ('state' in endpoint) throw new UsageError(`${endpoint.what}: ${endpoint.advice}.`);
  // Only here, so that what needs no Redis loads no driver of it.
  const [{ Redis }, { redisChangeFeed, redisKeyPrefix }] = await Promise.all([
    import('ioredis'),
    import('@portcullis/redis'),
  ]);
  const stream = `${keyPrefixFrom(given, redisKeyPrefix)}:changes`;
  // A command is no app: it says at once that Redis is away instead of trying again.
  const redis = new Redis(endpoint.url, { lazyConnect: true, retryStrategy: null, commandTimeout: 2_000 });
  // Without a listener the driver writes to the console; whoever waits for an answer gets the error.
  redis.on('error', () => {});
  try {
    const newest = await redis.xrevrange(stream, '+', '-', 'COUNT', 1).catch((error: Error) => {
      throw new Error(`The changes in Redis can't be reached: ${error.message}`);
    });
    if (newest.length === 0)
      throw new Error(`No app follows ${printable(stream)} in this Redis: see --app and --key-prefix`);
    return await work(redisChangeFeed({ redis, stream }));
  } finally {
    redis.disconnect();
  }
}

function keyPrefixFrom(
  { app = process.env.ISSUER, 'key-prefix': keyPrefix }: GivenKeys,
  prefixOf: (app: string) => string,
): string {
  if (keyPrefix) return keyPrefix;
  if (app) return prefixOf(app);
  throw new UsageError('Name the app whose changes REDIS_URL carries: --app <name>, ISSUER or --key-prefix.');
}
