import {
  type Change,
  type ChangeFeed,
  type ChangeFollower,
  formatChange,
  type StopFollowing,
} from '@portcullis/auth';
import { Following } from './follow-stream.js';
import { Patience } from './patience.js';
import { type Connection, connectionOf, type RedisConnection } from './redis-connection.js';
import { RedisFailure } from './redis-failure.js';

/** How long Redis may take to acknowledge a change, in milliseconds. */
const PATIENCE = 2_000;

/** A replica may be set up to take changes, but forgets them as soon as it hears of its master. */
const PUBLISH = `
if not string.find(redis.call('INFO', 'replication'), 'role:master', 1, true) then
  return redis.error_reply('READONLY this Redis is a replica')
end
return redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'change', ARGV[2])
`;

export interface RedisChangeFeedOptions {
  /** The team's connection. Followers make one more each, with the same options. */
  readonly redis: RedisConnection;
  /** The key of the stream, behind the connection's own key prefix: the same for all instances of an app, and another for each app. */
  readonly stream: string;
  /** About how many changes are held on to; 100,000 by default, about 15 MB. */
  readonly maxLength?: number;
}

/**
 * Changes in a stream of Redis (tried with 7.0). A user with an access list needs `xadd`, `xtrim`, `xread`, `xrange`,
 * `xrevrange`, `eval`, `info` and `time`.
 *
 * @throws TypeError when an option can not be used
 */
export function redisChangeFeed(options: RedisChangeFeedOptions): ChangeFeed {
  const { stream, maxLength = 100_000 } = options;
  const redis = connectionOf('redisChangeFeed', options.redis);
  if (typeof stream !== 'string' || stream === '')
    throw new TypeError('redisChangeFeed: stream must be the name of a key');
  if (!Number.isSafeInteger(maxLength) || maxLength < 1)
    throw new TypeError('redisChangeFeed: maxLength must be a whole number, at least 1');
  return new RedisChangeFeed(redis, stream, maxLength);
}

class RedisChangeFeed implements ChangeFeed {
  readonly #patience = new Patience(PATIENCE);

  constructor(
    private readonly redis: Connection,
    private readonly stream: string,
    private readonly maxLength: number,
  ) {}

  async publish(change: Change): Promise<void> {
    const text = formatChange(change);
    await this.#patience.ask('publish a change', () =>
      this.redis.eval(PUBLISH, 1, this.stream, this.maxLength, text),
    );
  }

  async now(): Promise<number> {
    const [seconds, microseconds] = await this.#patience.ask('read the clock', () => this.redis.time());
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  }

  async follow(follower: ChangeFollower): Promise<StopFollowing> {
    const following = new Following(this.redis, this.stream, follower);
    try {
      await following.start();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : cause;
      throw new RedisFailure(`Could not follow the changes of other instances: ${reason}`, { cause });
    }
    return () => following.stop();
  }
}
