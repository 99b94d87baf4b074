import { checkClock } from '../clock-check.js';
import type { Endpoint } from '../endpoint.js';
import type { Examination } from '../examination.js';
import { reach } from '../reach.js';
import { checkEviction, checkMemory, checkPersistence } from './memory-checks.js';
import { RedisSession } from './redis-session.js';
import { checkPassword, checkReplicas, checkRole, checkVersion } from './server-checks.js';

const SERVICE = 'Redis';
const ADVICE = 'see whether it runs, and whether REDIS_URL names its host, port, user and password';

/** All that can be wrong with a Redis that carries the change feed and counts strikes. */
export function redisExamination(endpoint: Endpoint): Examination {
  const session = new RedisSession();
  return {
    service: SERVICE,
    place: endpoint.shown,
    async *findings() {
      const reached = await reach(SERVICE, endpoint, () => session.open(endpoint), ADVICE);
      yield reached;
      if (reached.state !== 'ok') return;
      yield checkVersion(session.info);
      yield checkRole(session);
      yield checkReplicas(session);
      yield checkPassword(session, endpoint.url);
      yield checkEviction(session);
      yield checkMemory(session);
      yield await checkPersistence(session);
      yield await checkClock(SERVICE, () => session.now());
    },
    close: () => session.close(),
  };
}
