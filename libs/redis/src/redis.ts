import type { SharedStorage } from '@portcullis/auth';
import { Redis } from 'ioredis';
import { redisKeyPrefix } from './key-prefix.js';
import { otherAppUnder } from './other-app.js';
import { redisChangeFeed } from './redis-change-feed.js';
import { connectionOf, type RedisConnection } from './redis-connection.js';
import { redisLimiter } from './redis-limiter.js';
import { redisReplaySet } from './redis-replay-set.js';

export type RedisStorageOptions = {
  /**
   * What all keys begin with, behind the connection's own key prefix. By default `portcullis:` and the app's name, which is the URL of its
   * issuer, or else its audience: other apps have other keys. Apps with the same one share everything that is here.
   */
  readonly keyPrefix?: string;
} & (
  | {
      /** A connection of ioredis that the app has, and closes itself. */
      readonly client: RedisConnection;
      readonly url?: never;
    }
  | {
      /** `redis://user:password@host:6379`, or `rediss://` for TLS. */
      readonly url: string;
      readonly client?: never;
    }
);

/**
 * What instances share in a Redis (tried with 7.0) beside their database: the change feed, strikes and rate limits, what was used once.
 *
 * @throws TypeError when an option can not be used
 */
export function redis({ url, client, keyPrefix }: RedisStorageOptions): SharedStorage {
  if ((url === undefined) === (client === undefined)) throw new TypeError('redis: give a client or a url');
  if (keyPrefix !== undefined && (typeof keyPrefix !== 'string' || keyPrefix === ''))
    throw new TypeError('redis: keyPrefix must be a text that is not empty');
  const given = client === undefined ? undefined : connectionOf('redis', client);
  const checkedUrl = given === undefined ? checked(url) : '';
  return {
    open({ name }) {
      const prefix = keyPrefix ?? defaultPrefix(name);
      const connection = given ?? connectTo(checkedUrl);
      return {
        feed: redisChangeFeed({ redis: connection, stream: `${prefix}:changes` }),
        strikeLimiter: redisLimiter({ redis: connection, keyPrefix: `${prefix}:sums` }),
        rateLimiter: redisLimiter({ redis: connection, keyPrefix: `${prefix}:rates` }),
        replays: redisReplaySet({ redis: connection, keyPrefix: `${prefix}:used` }),
        warning: () => otherAppUnder(connection, prefix, name),
        async close() {
          if (given === undefined) connection.disconnect();
        },
      };
    },
  };
}

/** @throws TypeError when there is nothing to tell this app's keys from those of others by */
function defaultPrefix(name: string | undefined): string {
  if (name !== undefined) return redisKeyPrefix(name);
  throw new TypeError("redis: give the app a name, or keyPrefix: other apps' keys would be the same");
}

/** The error says nothing of the URL, which may hold a password. */
function checked(url: unknown): string {
  if (typeof url === 'string' && /^rediss?:\/\/./.test(url)) return url;
  throw new TypeError('redis: url must be like redis://user:password@host:6379');
}

function connectTo(url: string): Redis {
  const connection = new Redis(url, {
    lazyConnect: true,
    // What was the master is a replica now: the name in the URL may lead to the new one.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  });
  // Without a listener the driver writes to the console; whoever waits for an answer gets the error.
  connection.on('error', () => {});
  return connection;
}
