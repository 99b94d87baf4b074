import { TABLE_RIGHTS, tablesVersionQuery } from '@portcullis/sql';
import { reasonOf } from '../failure.js';
import { type Finding, fail, ok } from '../finding.js';
import { judgeVersion } from '../tables-version.js';
import type { PostgresSession } from './postgres-session.js';

const PREFIX = 'portcullis_';

export async function checkTables(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.tables';
  if (!(await hasTables(session))) return (await hiddenTables(session)) ?? judgeVersion(check, undefined);
  try {
    const { version } = await session.row(tablesVersionQuery(PREFIX));
    return judgeVersion(check, Number(version ?? 0));
  } catch (error) {
    return fail(check, `the tables can't be read: ${reasonOf(error)}`, 'grant this user its tables');
  }
}

/** Where there are tables by asking for each right, otherwise by making one, of which nothing stays. */
export async function checkWriting(session: PostgresSession): Promise<Finding> {
  const check = 'postgresql.writing';
  try {
    const missing = await session.undone(() => missingRights(session));
    if (missing.length === 0) return ok(check, 'this user may change the tables');
    return fail(
      check,
      `this user lacks rights: ${missing.join(', ')}`,
      'grant it each of them; "Deployment" in the documentation has all that an app needs',
    );
  } catch (error) {
    return fail(
      check,
      `this user can't change the tables: ${reasonOf(error)}`,
      'grant it its rights on the tables, or CREATE on the schema where there are none',
    );
  }
}

/** Such as `DELETE on portcullis_bans`. */
async function missingRights(session: PostgresSession): Promise<string[]> {
  if (!(await hasTables(session))) {
    await session.rows(`CREATE TABLE ${PREFIX}doctor (one INTEGER)`);
    return [];
  }
  const needed = Object.entries(TABLE_RIGHTS).flatMap(([table, rights]) =>
    rights.map((right) => ({ name: `${PREFIX}${table}`, right })),
  );
  // Tables of a version that are not there yet are the migration's.
  const rows = await session.rows(
    `SELECT name, "right" FROM json_to_recordset($1) AS needed (name text, "right" text)
     WHERE NOT coalesce(has_table_privilege(to_regclass(name), "right"), true)`,
    [JSON.stringify(needed)],
  );
  return rows.map(({ name, right }) => `${right} on ${name}`);
}

/** What is in a schema that this user may not use looks as if it were not there. */
async function hiddenTables(session: PostgresSession): Promise<Finding | undefined> {
  const [hidden] = await session.rows(
    `SELECT nspname AS schema FROM pg_namespace JOIN pg_class ON relnamespace = pg_namespace.oid AND relname = $1
     WHERE NOT has_schema_privilege(pg_namespace.oid, 'USAGE') AND nspname IN (
       SELECT replace(trim(both ' "' FROM part), '$user', current_user)
       FROM unnest(string_to_array(current_setting('search_path'), ',')) AS part)`,
    [`${PREFIX}migrations`],
  );
  if (hidden === undefined) return undefined;
  const what = `the tables are in the schema ${hidden.schema}, which this user may not use`;
  return fail('postgresql.tables', what, 'grant it USAGE on the schema');
}

async function hasTables(session: PostgresSession): Promise<boolean> {
  return (await session.row('SELECT to_regclass($1) AS found', [`${PREFIX}migrations`])).found !== null;
}
