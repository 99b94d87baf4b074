import { setTimeout } from 'node:timers/promises';
import type { Client, Row } from '@libsql/client';
import { tablesVersionQuery } from '@portcullis/sql';
import { codeOf, reasonOf } from '../failure.js';
import { type Finding, fail, ok } from '../finding.js';
import { judgeVersion } from '../tables-version.js';

const TABLE = 'portcullis_migrations';
/** How often something is tried that somebody else is in the way of, and the milliseconds in between. */
const TRIES = 20;
const PAUSE_MS = 100;

/** @throws Error of the driver when the file is no database */
export async function checkTables(client: Client): Promise<Finding> {
  const check = 'sqlite.tables';
  if (!(await hasTables(client))) return judgeVersion(check, undefined);
  const [row] = await patiently(async () => (await client.execute(tablesVersionQuery())).rows);
  return judgeVersion(check, Number(row?.version ?? 0));
}

/** By changing something, of which nothing stays. */
export async function checkWriting(client: Client): Promise<Finding> {
  const check = 'sqlite.writing';
  try {
    await patiently(() => writeInVain(client));
    return ok(check, 'the database can be changed');
  } catch (error) {
    return fail(
      check,
      `the database can't be changed: ${reasonOf(error)}`,
      'give the file and its folder to the user that the app runs as, make room, and end whoever holds the file',
    );
  }
}

async function writeInVain(client: Client): Promise<void> {
  const transaction = await client.transaction('deferred');
  try {
    await transaction.execute('CREATE TABLE portcullis_doctor (one INTEGER)');
  } finally {
    // Undoes it.
    transaction.close();
  }
}

async function hasTables(client: Client): Promise<boolean> {
  const sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = $1";
  const rows = await patiently<Row[]>(async () => (await client.execute({ sql, args: [TABLE] })).rows);
  return rows.length > 0;
}

/** SQLite's own waiting would stop the whole process. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (codeOf(error) !== 'SQLITE_BUSY' || tries === TRIES) throw error;
    }
    await setTimeout(PAUSE_MS * (0.5 + Math.random()));
  }
}
