import { tablesVersionQuery } from '@portcullis/sql';
import { reasonOf } from '../failure.js';
import { type Finding, fail, ok } from '../finding.js';
import { judgeVersion } from '../tables-version.js';
import type { PostgresSession } from './postgres-session.js';

const PREFIX = 'portcullis_';

export async function checkTables(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.tables';
  if (!(await hasTables(session))) return judgeVersion(check, undefined);
  try {
    const { version } = await session.row(tablesVersionQuery(PREFIX));
    return judgeVersion(check, Number(version ?? 0));
  } catch (error) {
    return fail(check, `the tables can't be read: ${reasonOf(error)}`, 'grant this user its tables');
  }
}

/** By changing something, of which nothing stays. */
export async function checkWriting(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.writing';
  try {
    await session.undone(() => write(session));
    return ok(check, 'this user may change the tables');
  } catch (error) {
    return fail(
      check,
      `this user can't change the tables: ${reasonOf(error)}`,
      'grant it SELECT, INSERT, UPDATE and DELETE on the tables, or CREATE on the schema where there are none',
    );
  }
}

async function write(session: PostgresSession): Promise<void> {
  if (!(await hasTables(session))) {
    await session.rows(`CREATE TABLE ${PREFIX}doctor (one INTEGER)`);
    return;
  }
  // As each change of the stores does first.
  await session.rows(`LOCK TABLE ${PREFIX}migrations IN ROW SHARE MODE`);
  for (const table of await tablesOf(session)) {
    await session.rows(`SELECT FROM ${table} WHERE false FOR UPDATE`);
    await session.rows(`DELETE FROM ${table} WHERE false`);
    await session.rows(`INSERT INTO ${table} SELECT * FROM ${table} WHERE false`);
  }
}

async function hasTables(session: PostgresSession): Promise<boolean> {
  return (await session.row('SELECT to_regclass($1) AS found', [`${PREFIX}migrations`])).found !== null;
}

/** Those that the stores change, beside the first one; their names are quoted. */
async function tablesOf(session: PostgresSession): Promise<string[]> {
  const rows = await session.rows(
    `SELECT c.oid::regclass::text AS name FROM pg_class c
     WHERE c.relkind = 'r' AND c.relname LIKE $1 AND c.relname <> $2
       AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($2))`,
    [`${PREFIX.replaceAll('_', '\\_')}%`, `${PREFIX}migrations`],
  );
  return rows.map(({ name }) => String(name));
}
