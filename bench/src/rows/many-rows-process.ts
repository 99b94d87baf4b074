import 'reflect-metadata';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';
import type { MicroRow } from '../results.js';
import { fillings } from './fill-tables.js';
import { manyRows } from './many-rows.js';

/** What is to be measured: `url` of a PostgreSQL, or a SQLite file of its own. */
export interface ManyRows {
  readonly url?: string;
  readonly count: number;
}

async function inSqlite(count: number): Promise<MicroRow[]> {
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
    for (const filling of fillings(numbers, count, Date.now())) await client.execute(filling);
    client.close();
    return await manyRows('SQLite', sqlite({ file }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** In tables of its own schema, which is dropped at the end. */
async function inPostgres(url: string, count: number): Promise<MicroRow[]> {
  const schema = `portcullis_rows_${process.pid}`;
  const pool = new pg.Pool({ connectionString: url, options: `-c search_path=${schema}` });
  const storage = () => postgres({ url, schema });
  try {
    const stores = storage().open();
    await stores.migrate();
    await stores.close();
    const numbers = (most: number) => `FROM generate_series(0, ${most - 1}) AS i`;
    for (const filling of fillings(numbers, count, Date.now())) await pool.query(filling);
    await pool.query('VACUUM ANALYZE');
    return await manyRows('PostgreSQL', storage());
  } finally {
    await pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await pool.end();
  }
}

process.once('message', async ({ url, count }: ManyRows) => {
  process.send?.(await (url === undefined ? inSqlite(count) : inPostgres(url, count)));
});
process.on('disconnect', () => process.exit());
