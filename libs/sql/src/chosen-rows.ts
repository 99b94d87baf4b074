import type { Database, Row, Transaction, Value } from './database.js';
import type { Bind, Condition } from './newest-first.js';

/** Rows that are changed in one transaction: others are to have their turn. */
const CHANGED_AT_ONCE = 200;
/** Rows that each choice gets at least, however many there are. */
const OF_EACH_AT_LEAST = 5;
/** How often somebody asks again. Each time others have changed some rows, of which there may be very many. */
const MOST_TRIES = 10_000;

/** What several callers want to have changed, each in rows of their own choice. */
export interface ChosenRows {
  readonly database: Database;
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
  /** Whether no row is left that it means: what was found and is not among these was changed by others. */
  readonly isAll: boolean;
  readonly rows: readonly Row[];
}

/**
 * Asks again while others were sooner.
 *
 * @returns the rows that are this caller's; none only where none is left
 * @throws Error where rows are found again and again, and something keeps them from being changed
 */
export async function changedFor(ask: () => Promise<ChangedRows>): Promise<ChangedRows> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const changed = await ask();
    if (changed.rows.length > 0 || changed.isAll) return changed;
  }
  throw new Error('rows are found that can not be changed');
}

type Parts = Pick<ChosenRows, 'table' | 'key' | 'choices'> & { readonly limit: number };

/** Choices that differ in nothing but their values, each of which is a column here. */
interface Kind {
  readonly where: string;
  readonly rows: Row[];
}

/**
 * Changes rows for several callers in two statements, in the order of their keys, by which those who change the same at the same time
 * wait for one another and not in a circle. A row that several mean is the first one's.
 */
export async function changeChosen(
  transaction: Transaction,
  { change, ...chosen }: ChosenRows,
): Promise<readonly ChangedRows[]> {
  const nameOf = (row: Row) => JSON.stringify(chosen.key.map((column) => row[column]));
  const same = sameAs(chosen.choices);
  const choices = chosen.choices.map((condition, choice) =>
    same[choice] === choice ? condition : undefined,
  );
  const limit = limitFor(new Set(same).size);
  const found = await findChosen(transaction.rows, { ...chosen, choices }, limit);
  const first = new Map(found.toReversed().map((each) => [nameOf(each.key), each]));
  const inOrder = [...first.entries()].sort(([one], [other]) => (one < other ? -1 : 1));
  const changed = first.size === 0 ? [] : await change(inOrder.map(([, each]) => each));
  const counts = choices.map(() => 0);
  for (const { choice } of found) counts[choice] = (counts[choice] as number) + 1;
  const outcomes = same.map((first) => ({ isAll: (counts[first] as number) < limit, rows: [] as Row[] }));
  for (const row of changed) outcomes[first.get(nameOf(row))?.choice as number]?.rows.push(row);
  return outcomes;
}

/** For each choice the first one that means the same: many may mean one user, whose rows are then looked for once. */
function sameAs(choices: ChosenRows['choices']): readonly number[] {
  const firsts = new Map<string, number>();
  return choices.map((condition, choice) => {
    const values: Value[] = [];
    const where = condition?.((value) => `$${values.push(value)}`);
    const name = JSON.stringify([where, values]);
    const first = firsts.get(name) ?? choice;
    firsts.set(name, first);
    return first;
  });
}

/**
 * Finds rows for several callers in one statement.
 *
 * @param limit how many for each
 */
export async function findChosen(
  ask: Transaction['rows'],
  { database, ...chosen }: Omit<ChosenRows, 'change'>,
  limit: number,
): Promise<ChosenRow[]> {
  const values: Value[] = [];
  const bind = (value: Value) => `$${values.push(value)}`;
  const parts = (database.limitsParts ? partOfEachKind : partOfEach)({ ...chosen, limit }, bind);
  if (parts.length === 0) return [];
  const rows = await ask(parts.join(' UNION ALL '), values);
  return rows.map((row) => ({ choice: Number(row.choice), key: row }));
}

function partOfEach({ table, key, choices, limit }: Parts, bind: Bind): string[] {
  return choices.flatMap((condition, choice) => {
    if (condition === undefined) return [];
    const part = `SELECT ${choice} AS choice, ${key.join(', ')} FROM ${table} WHERE ${condition(bind)}`;
    return [`SELECT * FROM (${part} LIMIT ${limit}) AS part${choice}`];
  });
}

/** PostgreSQL plans each part of a statement, which for a hundred takes longer than all else. */
function partOfEachKind({ table, key, choices, limit }: Parts, bind: Bind): string[] {
  return kindsOf(choices).map(({ where, rows }) => {
    const types = Object.entries(rows[0] as Row).map(
      ([name, value]) => `${name} ${typeof value === 'number' ? 'bigint' : 'text'}`,
    );
    const chosen = `json_to_recordset(${bind(JSON.stringify(rows))}::json) AS chosen (${types.join(', ')})`;
    const part = `SELECT ${key.join(', ')} FROM ${table} WHERE ${where} LIMIT ${limit}`;
    return `SELECT choice, part.* FROM ${chosen} CROSS JOIN LATERAL (${part}) AS part`;
  });
}

function kindsOf(choices: ChosenRows['choices']): readonly Kind[] {
  const kinds = new Map<string, Kind>();
  for (const [choice, condition] of choices.entries()) {
    if (condition === undefined) continue;
    const row: Record<string, Value> = { choice };
    const where = condition((value) => {
      const name = `value_${Object.keys(row).length}`;
      row[name] = value;
      return name;
    });
    const kind = kinds.get(where) ?? { where, rows: [] };
    kind.rows.push(row);
    kinds.set(where, kind);
  }
  return [...kinds.values()];
}

function limitFor(choices: number): number {
  return Math.max(OF_EACH_AT_LEAST, Math.floor(CHANGED_AT_ONCE / choices));
}
