import { type Finding, fail, ok, warn } from '../finding.js';
import type { PostgresSession } from './postgres-session.js';

export async function checkSync(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.fsync';
  if (await isOn(session, 'fsync')) return ok(check, 'fsync is on');
  return fail(
    check,
    'fsync is off: when the power fails, the whole database may be lost, and revoked keys work again',
    'set fsync=on',
  );
}

export async function checkPages(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.full_page_writes';
  if (await isOn(session, 'full_page_writes')) return ok(check, 'full_page_writes is on');
  return warn(
    check,
    'full_page_writes is off: when the power fails, half-written pages may stay',
    'set full_page_writes=on, unless the file system never writes half a page (ZFS)',
  );
}

export async function checkDurability(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.synchronous_commit';
  if (await isOn(session, 'synchronous_commit')) return ok(check, 'synchronous_commit is on');
  return warn(
    check,
    "synchronous_commit is off: Portcullis turns it on for its own changes, but the app's others may be lost when the power fails",
    'set synchronous_commit=on',
  );
}

/** Settings have more values than two, of which only one is off. */
async function isOn(session: PostgresSession, setting: string): Promise<boolean> {
  const { value } = await session.row('SELECT current_setting($1) AS value', [setting]);
  return value !== 'off';
}
