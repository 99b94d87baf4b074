import { Patience } from './patience.js';
import type { Connection } from './redis-connection.js';

/** How long Redis may take to say whose a prefix is, in milliseconds. */
const PATIENCE = 2_000;
/** What another app has written is shown no further. */
const LONGEST_NAME = 200;

/**
 * Notes whose the keys under a prefix are, unless that is noted already.
 *
 * @returns a warning, if they are another app's
 * @throws RedisFailure when that can't be said
 */
export async function otherAppUnder(
  redis: Connection,
  keyPrefix: string,
  name: string | undefined,
): Promise<string | undefined> {
  const key = `${keyPrefix}:app`;
  const other = await new Patience(PATIENCE).ask('see whose keys these are', () =>
    name === undefined ? redis.get(key) : redis.set(key, name, 'NX', 'GET'),
  );
  if (other === null || other === name) return undefined;
  return (
    `Another app, ${JSON.stringify(other.slice(0, LONGEST_NAME))}, has the same keys in Redis: strikes and limits add up, ` +
    'and revocations and bans cross. Give each a keyPrefix of its own, or both the same name if that is meant; ' +
    `delete the key ${JSON.stringify(key)} if it is this app under an earlier name`
  );
}
