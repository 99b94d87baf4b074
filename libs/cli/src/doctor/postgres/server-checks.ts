import { type Finding, fail, ok, warn } from '../finding.js';
import type { PostgresSession } from './postgres-session.js';

const OLDEST = 13;
/** Of the connections that ordinary users may have. */
const NEARLY_ALL = 0.8;

export async function checkVersion(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.version';
  const { number } = await session.row(`SELECT current_setting('server_version_num')::int AS number`);
  const major = Math.floor(Number(number) / 10_000);
  const what = `the version of PostgreSQL is ${major}`;
  return major >= OLDEST ? ok(check, what) : fail(check, what, `upgrade it to ${OLDEST} or newer`);
}

export async function checkEncryption(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.encryption';
  if (session.isLocal) return ok(check, 'the connection to PostgreSQL stays on this machine');
  const { ssl } = await session.row('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
  if (ssl === true) return ok(check, 'the connection to PostgreSQL is encrypted');
  return fail(
    check,
    'the connection to PostgreSQL leaves this machine and is not encrypted',
    'add sslmode=verify-full to DATABASE_URL, and ssl=on on the server',
  );
}

export async function checkReadOnly(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.read_only';
  const { standby, by_default } = await session.row(
    `SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') = 'on' AS by_default`,
  );
  if (standby === true)
    return fail(
      check,
      'this PostgreSQL is a standby, which can only be read',
      'name the primary in DATABASE_URL',
    );
  if (by_default === true)
    return warn(
      check,
      'transactions in this PostgreSQL can only read by default (default_transaction_read_only)',
      'Portcullis asks for more and gets it; make sure that this is the server that is meant to be changed',
    );
  return ok(check, 'this PostgreSQL can be changed');
}

export async function checkConnections(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.connections';
  const { used, most } = await session.row(
    `SELECT (SELECT sum(numbackends) FROM pg_stat_database)::int AS used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS most`,
  );
  const what = `${used} of ${most} connections to PostgreSQL are taken`;
  if (Number(used) < Number(most) * NEARLY_ALL) return ok(check, what);
  return warn(check, what, 'raise max_connections, or have fewer: each instance takes up to eleven');
}
