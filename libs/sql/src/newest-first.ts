import type { Database, Row, Value } from './database.js';
import { fromSqlText, toSqlText } from './text.js';

/** Rows that one statement looks through: few milliseconds' worth. */
const LOOKED_THROUGH = 5_000;

/** Gives a value its place in a statement: `$1` and so on. */
export type Bind = (value: Value) => string;
export type Condition = (bind: Bind) => string;
/** Columns that an index begins with, and what a row has in them. */
export type Key = Readonly<Record<string, Value>>;

/** Where a row is in a list. */
interface Place {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly id: string;
}

/** A part of a list whose rows are ordered by a time and an id, both falling. */
export interface NewestFirst {
  /** For the error: what "Could not …". */
  readonly purpose: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** The column of the time. */
  readonly time: string;
  /** What an index finds in this order already; of several conditions, which no row meets twice, a row has to meet one. */
  readonly oneOf: readonly Condition[] | { readonly equalTo: readonly Key[] };
  /** What each row that is found so is looked at for. */
  readonly also: readonly Condition[];
  /** Where the part begins. */
  readonly after?: Place | undefined;
  /** Not before this time. */
  readonly since?: number | undefined;
  /** Before this time. */
  readonly until?: number | undefined;
  readonly limit: number;
}

/**
 * Reads rows of a list. Where they have to be looked for, no more are looked through than take a few milliseconds.
 *
 * @returns where it has stopped looking, unless it has come to the limit or to the end
 */
export async function readNewest(
  database: Database,
  list: NewestFirst,
): Promise<{ readonly rows: readonly Row[]; readonly stoppedAt?: Place }> {
  if (('equalTo' in list.oneOf ? list.oneOf.equalTo : list.oneOf).length === 0) return { rows: [] };
  const stop = list.also.length === 0 ? undefined : await stopOf(database, list);
  const { from, values } = fromOf(database, list, {
    columns: list.columns,
    also: list.also,
    stop,
    limit: list.limit,
  });
  const rows = await database.read(list.purpose, list.columns, from, values);
  if (stop === undefined || rows.length >= list.limit) return { rows };
  return { rows, stoppedAt: { ...stop, id: fromSqlText(stop.id) } };
}

/** The last row that is looked at: asked for first, so that what comes and goes meanwhile is neither left out nor found twice. */
async function stopOf(database: Database, list: NewestFirst): Promise<Place | undefined> {
  const columns = [list.time, 'id'];
  const offset = Math.max(LOOKED_THROUGH, list.limit) - 1;
  const { from, values } = fromOf(database, list, { columns, also: [], limit: 1, offset });
  const [row] = await database.read(list.purpose, columns, from, values);
  return row && { time: Number(row[list.time]), id: String(row.id) };
}

/** What of a list is read. */
interface Part {
  readonly columns: readonly string[];
  readonly also: readonly Condition[];
  readonly stop?: Place | undefined;
  readonly limit: number;
  readonly offset?: number;
}

function fromOf(
  database: Database,
  { table, time, oneOf, after, since, until }: NewestFirst,
  { columns, also, stop, limit, offset }: Part,
): { from: string; values: Value[] } {
  const values: Value[] = [];
  const bind = (value: Value) => `$${values.push(value)}`;
  const range: Condition[] = [];
  // Its id is as the database has it.
  if (stop !== undefined) range.push(() => `(${time}, id) >= (${bind(stop.time)}, ${bind(stop.id)})`);
  else if (since !== undefined) range.push(() => `${time} >= ${bind(since)}`);
  // One bound at each end: of two SQLite takes the first, and walks over everything before the second.
  if (after !== undefined && (until === undefined || after.time < until))
    range.push(() => `(${time}, id) < (${bind(after.time)}, ${bind(toSqlText(after.id))})`);
  else if (until !== undefined) range.push(() => `${time} < ${bind(until)}`);
  // SQLite counts values by where they come first in a statement: each is bound in that order.
  let rest: string | undefined;
  const where = (condition: Condition) => {
    const found = condition(bind) || 'TRUE';
    rest ??= [...range, ...also].map((each) => ` AND ${each(bind)}`).join('');
    return `FROM ${table} WHERE ${found}${rest}`;
  };
  const select = `SELECT ${columns.join(', ')}`;
  const order = `ORDER BY ${time} DESC, id DESC`;
  const end = () => `${order} LIMIT ${bind(limit)}${offset === undefined ? '' : ` OFFSET ${bind(offset)}`}`;

  const conditions = 'equalTo' in oneOf ? oneOf.equalTo.map(hasKey) : oneOf;
  const [only, ...others] = conditions as readonly [Condition, ...Condition[]];
  if (others.length === 0) return { from: `${where(only)} ${end()}`, values };
  if (!database.limitsParts) {
    const parts = conditions.map((condition) => `${select} ${where(condition)}`);
    // What each finds is merged, so that of none more is read than is wanted. The order of a subquery with a limit is kept.
    return { from: `FROM (${parts.join(' UNION ALL ')} ${end()}) AS merged`, values };
  }
  const partEnd = `${order} LIMIT ${bind(limit + (offset ?? 0))}`;
  if ('equalTo' in oneOf) {
    const names = Object.keys(oneOf.equalTo[0] as Key);
    const keys = database.recordsIn(bind(JSON.stringify(oneOf.equalTo)), table, names);
    const isOfKey = names.map((name) => `${table}.${name} = key.${name}`).join(' AND ');
    const part = `(${select} ${where(() => isOfKey)} ${partEnd}) AS part`;
    const merged = `(SELECT part.* FROM (${keys}) AS key CROSS JOIN LATERAL ${part}) AS merged`;
    return { from: `FROM ${merged} ${end()}`, values };
  }
  const parts = conditions.map(
    (condition, index) => `SELECT * FROM (${select} ${where(condition)} ${partEnd}) AS part_${index}`,
  );
  return { from: `FROM (${parts.join(' UNION ALL ')}) AS merged ${end()}`, values };
}

function hasKey(key: Key): Condition {
  return (bind) =>
    Object.entries(key)
      .map(([column, value]) => `${column} = ${bind(value)}`)
      .join(' AND ');
}
