import { createHash } from 'node:crypto';
import type { ReplaySet } from '@portcullis/auth';
import { Patience } from './patience.js';
import { connectionOf, type RedisConnection } from './redis-connection.js';

/** How long Redis may take to answer, in milliseconds. */
const PATIENCE = 500;

export interface RedisReplaySetOptions {
  /** The team's connection. */
  readonly redis: RedisConnection;
  /** What the keys of all that was used begin with, behind the connection's own key prefix: another for each app, and for each kind of ids. */
  readonly keyPrefix: string;
}

/**
 * A replay set in Redis that all instances share. Ids are kept as digests; what can't be said fails with a `RedisFailure`, within half
 * a second or at once. A Redis that has lost its data, or throws keys away when its memory is full, has
 * forgotten what was used.
 *
 * @throws TypeError when an option can not be used
 */
export function redisReplaySet({ redis, keyPrefix }: RedisReplaySetOptions): ReplaySet {
  if (typeof keyPrefix !== 'string' || keyPrefix === '')
    throw new TypeError('redisReplaySet: keyPrefix must be a text that is not empty');
  const connection = connectionOf('redisReplaySet', redis);
  const patience = new Patience(PATIENCE);
  const keyOf = (id: string) => `${keyPrefix}:${createHash('sha256').update(id).digest('base64url')}`;
  return {
    async firstUse(id, seconds) {
      const milliseconds = Math.ceil(seconds * 1000);
      if (!(milliseconds > 0 && Number.isSafeInteger(milliseconds)))
        throw new RangeError('seconds must be a positive number');
      return patience.ask('note a use', async () => {
        return (await connection.set(keyOf(id), '', 'PX', milliseconds, 'NX')) !== null;
      });
    },
    async release(id) {
      await patience.ask('take a use back', () => connection.del(keyOf(id)));
    },
  };
}
