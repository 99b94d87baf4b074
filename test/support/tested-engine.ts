import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@libsql/client';

export type Engine = 'SQLite' | 'PostgreSQL' | 'Redis';

/** Notes that the tests of this file run against this engine, for the summary at the end. */
export function noteTested(engine: Engine, version: string): void {
  const folder = process.env.PORTCULLIS_TESTED_ENGINES;
  if (folder === undefined) throw new Error('Jest has to run with the globalSetup of jest.config.js');
  const { testPath: file } = expect.getState();
  appendFileSync(
    join(folder, `${process.env.JEST_WORKER_ID}.jsonl`),
    `${JSON.stringify({ engine, version, file })}\n`,
  );
}

/** The SQLite that our driver brings. */
export async function noteSqlite(): Promise<void> {
  const client = createClient({ url: ':memory:' });
  const { rows } = await client.execute('SELECT sqlite_version() AS version');
  client.close();
  noteTested('SQLite', `${rows[0]?.version}`);
}
