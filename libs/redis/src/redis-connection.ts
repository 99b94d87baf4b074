import type { Cluster, Redis, RedisOptions } from 'ioredis';

/** A connection of ioredis to a single Redis, to one that Sentinels watch, or to a Cluster. */
export type RedisConnection = Redis | Cluster;

/**
 * It is made again by us and never by the driver, which would send a command again to another server without telling. Replies have
 * the form of RESP2, whatever the team has chosen for itself.
 */
const OWN = {
  lazyConnect: true,
  autoResendUnfulfilledCommands: false,
  enableAutoPipelining: false,
  replyMapping: 'legacy',
  commandTimeout: undefined,
  blockingTimeout: undefined,
  socketTimeout: undefined,
  reconnectOnError: null,
  connectTimeout: 2_000,
  disconnectTimeout: 200,
} satisfies RedisOptions;

/** A connection of our own to the same Redis, not yet made, with the team's key prefix and credentials. */
export function ownConnection(redis: RedisConnection): RedisConnection {
  const own = isCluster(redis)
    ? redis.duplicate([], {
        lazyConnect: true,
        enableAutoPipelining: false,
        scaleReads: 'master',
        clusterRetryStrategy: null,
        redisOptions: { ...redis.options.redisOptions, ...OWN },
      })
    : redis.duplicate({ ...OWN, retryStrategy: null });
  // Without a listener the driver writes to the console; what fails is told to whoever waits for it.
  own.on('error', () => {});
  return own;
}

function isCluster(redis: RedisConnection): redis is Cluster {
  return redis.isCluster;
}

/** @throws TypeError when it is no connection of ioredis */
export function checkConnection(caller: string, redis: unknown): void {
  const given: Partial<RedisConnection> | null | undefined = redis as RedisConnection;
  if (typeof given?.duplicate !== 'function' || typeof given.xadd !== 'function')
    throw new TypeError(`${caller}: redis must be a connection of ioredis`);
}
