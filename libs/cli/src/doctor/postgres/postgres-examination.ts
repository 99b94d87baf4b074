import { checkClock } from '../clock-check.js';
import type { Endpoint } from '../endpoint.js';
import type { Examination } from '../examination.js';
import type { Finding } from '../finding.js';
import { reach } from '../reach.js';
import { checkDurability, checkPages, checkSync } from './durability-checks.js';
import { PostgresSession } from './postgres-session.js';
import { checkConnections, checkEncryption, checkReadOnly, checkVersion } from './server-checks.js';
import { checkTables, checkWriting } from './table-checks.js';

const SERVICE = 'PostgreSQL';
const ADVICE =
  'see whether it runs, and whether DATABASE_URL names its host, port, user, password and database';

type Check = (session: PostgresSession) => Promise<Finding>;

const CHECKS: readonly Check[] = [
  checkVersion,
  checkEncryption,
  checkReadOnly,
  checkTables,
  checkWriting,
  checkSync,
  checkPages,
  checkDurability,
  checkConnections,
  (session) => checkClock(SERVICE, () => clockOf(session)),
];

/** All that can be wrong with a PostgreSQL that keeps keys, bans and revocations. */
export function postgresExamination(endpoint: Endpoint): Examination {
  const session = new PostgresSession();
  return {
    service: SERVICE,
    place: endpoint.shown,
    async *findings() {
      const reached = await reach(SERVICE, endpoint, () => session.open(endpoint), ADVICE);
      yield reached;
      if (reached.state !== 'ok') return;
      for (const check of CHECKS) yield await check(session);
    },
    close: () => session.close(),
  };
}

async function clockOf(session: PostgresSession): Promise<number> {
  const { now } = await session.row('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
  return Number(now);
}
