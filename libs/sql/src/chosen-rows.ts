import type { Row, Transaction, Value } from './database.js';
import type { Condition } from './newest-first.js';

/** Rows that are changed in one transaction: others are to have their turn. */
const CHANGED_AT_ONCE = 200;
/** Rows that each choice gets at least, however many there are. */
const OF_EACH_AT_LEAST = 5;
/** How often somebody asks again. Each time others have changed some rows, of which there may be very many. */
const MOST_TRIES = 10_000;

/** What several callers want to have changed, each in rows of their own choice. */
export interface ChosenRows {
  readonly table: string;
  /** The columns that tell rows apart. */
  readonly key: readonly string[];
  /** Which rows each caller means; undefined for none. */
  readonly choices: readonly (Condition | undefined)[];
  /**
   * Changes rows, unless somebody else has done so since they were found.
   *
   * @returns those that it has changed, with their keys
   */
  change(rows: readonly ChosenRow[]): Promise<readonly Row[]>;
}

/** A row that was found, by its key, and whose choice it is. */
export interface ChosenRow {
  readonly choice: number;
  readonly key: Row;
}

/** What has become of one choice: of very many rows a part is changed. */
export interface ChangedRows {
  /** Where it is true and no row was changed, others have changed what was found, and there may be more. */
  readonly isFound: boolean;
  readonly rows: readonly Row[];
}

/**
 * Asks again while others were sooner.
 *
 * @returns the rows that are this caller's; none where none is left
 * @throws Error where rows are found again and again, and something keeps them from being changed
 */
export async function changedFor(ask: () => Promise<ChangedRows>): Promise<readonly Row[]> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { isFound, rows } = await ask();
    if (rows.length > 0 || !isFound) return rows;
  }
  throw new Error('rows are found that can not be changed');
}

/** Changes rows for several callers in two statements. A row that several mean is the first one's. */
export async function changeChosen(
  transaction: Transaction,
  { table, key, choices, change }: ChosenRows,
): Promise<readonly ChangedRows[]> {
  const nameOf = (row: Row) => JSON.stringify(key.map((column) => row[column]));
  const found = await find(transaction, { table, key, choices });
  const first = new Map(found.toReversed().map((each) => [nameOf(each.key), each]));
  const changed = first.size === 0 ? [] : await change([...first.values()]);
  const outcomes = choices.map(() => ({ isFound: false, rows: [] as Row[] }));
  for (const { choice } of found) Object.assign(outcomes[choice] as object, { isFound: true });
  for (const row of changed) outcomes[first.get(nameOf(row))?.choice as number]?.rows.push(row);
  return outcomes;
}

async function find(
  transaction: Transaction,
  { table, key, choices }: Omit<ChosenRows, 'change'>,
): Promise<ChosenRow[]> {
  const limit = Math.max(OF_EACH_AT_LEAST, Math.floor(CHANGED_AT_ONCE / choices.length));
  const values: Value[] = [];
  const parts = choices.flatMap((condition, choice) => {
    const where = condition?.((value) => `$${values.push(value)}`);
    if (where === undefined) return [];
    const part = `SELECT ${choice} AS choice, ${key.join(', ')} FROM ${table} WHERE ${where} LIMIT ${limit}`;
    return [`SELECT * FROM (${part}) AS part${choice}`];
  });
  if (parts.length === 0) return [];
  const rows = await transaction.rows(parts.join(' UNION ALL '), values);
  return rows.map((row) => ({ choice: Number(row.choice), key: row }));
}
