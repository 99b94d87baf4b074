import { checkClock } from '../clock-check.js';
import type { Endpoint } from '../endpoint.js';
import type { Examination } from '../examination.js';
import { reasonOf } from '../failure.js';
import { type Finding, fail, ok } from '../finding.js';
import { checkEviction, checkMemory, checkPersistence } from './memory-checks.js';
import { RedisSession } from './redis-session.js';
import { checkPassword, checkRole, checkVersion } from './server-checks.js';

const SERVICE = 'Redis';

/** All that can be wrong with a Redis that carries the feed of changes and counts strikes. */
export function redisExamination(endpoint: Endpoint): Examination {
  const session = new RedisSession();
  return {
    service: SERVICE,
    place: endpoint.shown,
    async *findings() {
      const reached = await reach(session, endpoint);
      yield reached;
      if (reached.state !== 'ok') return;
      yield checkVersion(session.info);
      yield checkRole(session);
      yield checkPassword(session, endpoint.url);
      yield checkEviction(session);
      yield checkMemory(session);
      yield await checkPersistence(session);
      yield await checkClock(SERVICE, () => session.now());
    },
    close: () => session.close(),
  };
}

async function reach(session: RedisSession, endpoint: Endpoint): Promise<Finding> {
  const check = 'redis.reachable';
  try {
    await session.open(endpoint);
    return ok(check, `Redis at ${endpoint.shown} can be reached`);
  } catch (error) {
    return fail(
      check,
      `Redis at ${endpoint.shown} can't be used: ${reasonOf(error)}`,
      'see whether it runs, and whether REDIS_URL names its host, port, user and password',
    );
  }
}
