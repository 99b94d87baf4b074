import type { Cluster, Redis, RedisOptions } from 'ioredis';

/** A connection of ioredis to a single Redis, to one that Sentinels watch, or to a Cluster. */
export type RedisConnection = Redis | Redis<'resp3'> | Cluster | Cluster<'resp3'>;

/** The same, whatever form its replies have: nothing that depends on it is read over a team's own connection. */
export type Connection = Redis | Cluster;

/**
 * It is made again by us and never by the driver, which would silently send a command again to another server. Replies have
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
export function ownConnection(redis: Connection): Connection {
  const own = isCluster(redis)
    ? redis.duplicate([], {
        lazyConnect: true,
        enableAutoPipelining: false,
        scaleReads: 'master',
        clusterRetryStrategy: null,
        redisOptions: { ...redis.options.redisOptions, ...OWN },
      })
    : redis.duplicate({ ...OWN, retryStrategy: null });
  // Without a listener the driver writes to the console; whoever waits for an answer gets the error.
  own.on('error', () => {});
  return own;
}

function isCluster(redis: Connection): redis is Cluster {
  return redis.isCluster;
}

/** @throws TypeError when it is no connection of ioredis */
export function connectionOf(caller: string, redis: RedisConnection): Connection {
  const given: Partial<Connection> | null | undefined = redis as Connection;
  if (typeof given?.duplicate !== 'function' || typeof given.xadd !== 'function')
    throw new TypeError(`${caller}: redis must be a connection of ioredis`);
  return redis as Connection;
}
