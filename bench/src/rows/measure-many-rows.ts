import type { MicroRow } from '../results.js';
import { Child } from '../servers/child.js';
import type { ManyRows } from './many-rows-process.js';

const ROWS = 1_000_000;

/** Lists, exports and boot over a million bans, keys and entries each: in SQLite, and in the PostgreSQL at `DATABASE_URL` if there is one. */
export async function measureManyRows(): Promise<MicroRow[]> {
  const url = process.env.DATABASE_URL;
  return [
    ...(await measured({ count: ROWS })),
    ...(url === undefined ? [] : await measured({ url, count: ROWS })),
  ];
}

async function measured(rows: ManyRows): Promise<MicroRow[]> {
  const child = new Child('rows/many-rows-process.js', ['--expose-gc']);
  try {
    return await child.ask<MicroRow[]>(rows);
  } finally {
    child.stop();
  }
}
