import 'reflect-metadata';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { Storage } from '@portcullis/auth';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';
import type { MicroRow } from '../results.js';
import { fillings, type Numbers } from './fill-tables.js';
import { loginFillings, manyLogins } from './many-logins.js';
import { manyRevocations, revocationFilling } from './many-revocations.js';
import { manyRows } from './many-rows.js';

/** What is to be measured: `url` of a PostgreSQL, or a SQLite file of its own. */
export interface ManyRows {
  readonly url?: string;
  readonly count: number;
}

/** Fills the tables, measures, and removes them. */
type Place = (fill: (numbers: Numbers) => readonly string[], measure: Measure) => Promise<MicroRow[]>;
type Measure = (name: string, storage: Storage) => Promise<MicroRow[]>;

const inSqlite: Place = async (fill, measure) => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-rows-'));
  try {
    const file = join(folder, 'rows.db');
    const stores = sqlite({ file }).open();
    await stores.migrate();
    await stores.close();
    const client = createClient({ url: pathToFileURL(file).href });
    const numbers = (most: number) =>
      `FROM (WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${most - 1}) SELECT i FROM n)`;
    await client.execute('PRAGMA cache_size = -400000');
    for (const filling of fill(numbers)) await client.execute(filling);
    client.close();
    return await measure('SQLite', sqlite({ file }));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** In tables of its own schema, which is dropped at the end. */
const inPostgres =
  (url: string): Place =>
  async (fill, measure) => {
    const schema = `portcullis_rows_${process.pid}`;
    const pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}` });
    const storage = () => postgres({ url, schema });
    try {
      const stores = storage().open();
      await stores.migrate();
      await stores.close();
      const numbers = (most: number) => `FROM generate_series(0, ${most - 1}) AS i`;
      for (const filling of fill(numbers)) await pool.query(filling);
      await pool.query('VACUUM ANALYZE');
      return await measure('PostgreSQL', storage());
    } finally {
      await pool.query(`DROP SCHEMA ${schema} CASCADE`);
      await pool.end();
    }
  };

async function measured({ url, count }: ManyRows): Promise<MicroRow[]> {
  const place = url === undefined ? inSqlite : inPostgres(url);
  return [
    ...(await place(
      (numbers) => [revocationFilling(numbers, count, Date.now())],
      (name, storage) => manyRevocations(name, storage, count),
    )),
    ...(await place((numbers) => fillings(numbers, count, Date.now()), manyRows)),
    ...(await place((numbers) => loginFillings(numbers, count, Date.now()), manyLogins)),
  ];
}

process.once('message', async (question: ManyRows) => {
  process.send?.(await measured(question));
});
process.on('disconnect', () => process.exit());
