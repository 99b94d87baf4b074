import type { Database, Row, Value } from './database.js';

/** Rows that are stepped over in one statement. */
const STRIDE = 10_000;

/** Rows in an order that an index has. */
export interface OrderedRows {
  /** For the error: what "Could not …" */
  readonly purpose: string;
  readonly table: string;
  /** What they are ordered by, downwards; the last one tells all of them apart. */
  readonly order: readonly [string, string];
  /** Which are meant; all by default. */
  readonly condition?: string;
}

/**
 * The row behind the first so many, downwards: stride by stride, since to count them would take as long as they are many.
 *
 * @returns its two columns; undefined where there are no more than that
 */
export async function rowBehind(
  database: Database,
  { purpose, table, order, condition = '' }: OrderedRows,
  behind: number,
): Promise<Row | undefined> {
  const [first, second] = order;
  let place: Row | undefined;
  for (let left = behind; ; left -= STRIDE) {
    const stride = Math.min(STRIDE, left + 1);
    const values: Value[] = place === undefined ? [] : [place[first] ?? null, place[second] ?? null];
    const conditions = [condition, place === undefined ? '' : `(${first}, ${second}) < ($1, $2)`].filter(
      Boolean,
    );
    const [row] = await database.read(
      purpose,
      order,
      `FROM ${table} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`}
       ORDER BY ${first} DESC, ${second} DESC LIMIT 1 OFFSET $${values.length + 1}`,
      [...values, stride - 1],
    );
    if (row === undefined || left < STRIDE) return row;
    place = row;
  }
}
