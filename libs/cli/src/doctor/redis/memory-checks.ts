import { reasonOf } from '../failure.js';
import { type Finding, fail, ok, warn } from '../finding.js';
import type { RedisSession } from './redis-session.js';

/** Of the memory that Redis may take. */
const NEARLY_ALL = 0.9;

/** What Redis throws away when its memory is full. */
export function checkEviction({ info }: RedisSession): Finding {
  const check = 'redis.maxmemory_policy';
  const policy = info.maxmemory_policy ?? 'unknown';
  const what = `maxmemory-policy is ${policy}`;
  if (policy === 'noeviction') return ok(check, what);
  const advice = 'set maxmemory-policy to noeviction';
  if (!policy.startsWith('allkeys-'))
    return warn(check, `${what}: strikes and rate limits are forgotten when memory is full`, advice);
  if (Number(info.maxmemory) === 0)
    return warn(check, `${what}: the change feed is lost as soon as maxmemory is set and reached`, advice);
  return fail(check, `${what}: the change feed is lost when memory is full`, advice);
}

export function checkMemory({ info }: RedisSession): Finding {
  const check = 'redis.memory';
  const [used, most] = [Number(info.used_memory), Number(info.maxmemory)];
  if (most === 0) return ok(check, 'Redis has no maxmemory to reach');
  const what = `Redis uses ${Math.round((used / most) * 100)} % of its maxmemory`;
  const advice = 'raise maxmemory, or find what fills it';
  if (used >= most) return fail(check, what, advice);
  return used >= most * NEARLY_ALL ? warn(check, what, advice) : ok(check, what);
}

export async function checkPersistence(session: RedisSession): Promise<Finding> {
  const check = 'redis.persistence';
  if (session.info.aof_enabled === '1') return ok(check, 'Redis keeps a log of changes on its disk');
  try {
    if ((await session.setting('save')) !== '') return ok(check, 'Redis saves to its disk now and then');
  } catch (error) {
    const what = `whether Redis keeps its data can't be seen: ${reasonOf(error)}`;
    return warn(check, what, 'see to it where Redis is set up: appendonly yes');
  }
  return warn(
    check,
    'Redis keeps nothing on its disk: when it starts again, strikes, rate limits and the change feed begin anew',
    'set appendonly to yes',
  );
}
