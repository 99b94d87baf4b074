import { checkClock } from '../clock-check.js';
import type { Endpoint } from '../endpoint.js';
import type { Examination } from '../examination.js';
import { reasonOf } from '../failure.js';
import { type Finding, fail, ok } from '../finding.js';
import { checkDurability, checkPages, checkSync } from './durability-checks.js';
import { PostgresSession } from './postgres-session.js';
import { checkConnections, checkEncryption, checkReadOnly, checkVersion } from './server-checks.js';
import { checkTables, checkWriting } from './table-checks.js';

const SERVICE = 'PostgreSQL';

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
      const reached = await reach(session, endpoint);
      yield reached;
      if (reached.state !== 'ok') return;
      for (const check of CHECKS) yield await check(session);
    },
    close: () => session.close(),
  };
}

async function reach(session: PostgresSession, endpoint: Endpoint): Promise<Finding> {
  const check = 'postgresql.reachable';
  try {
    await session.open(endpoint);
    return ok(check, `PostgreSQL at ${endpoint.shown} can be reached`);
  } catch (error) {
    return fail(
      check,
      `PostgreSQL at ${endpoint.shown} can't be used: ${reasonOf(error)}`,
      'see whether it runs, and whether DATABASE_URL names its host, port, user, password and database',
    );
  }
}

async function clockOf(session: PostgresSession): Promise<number> {
  const { now } = await session.row('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now');
  return Number(now);
}
