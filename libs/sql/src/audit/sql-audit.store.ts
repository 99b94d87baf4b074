import { setImmediate } from 'node:timers/promises';
import {
  AUDIT_NAMES,
  type AuditEntry,
  type AuditQuery,
  type AuditStore,
  type Listed,
  listed,
} from '@portcullis/auth';
import type { Database } from '../database.js';
import { type Condition, type NewestFirst, readNewest } from '../newest-first.js';
import { toSqlText } from '../text.js';
import { AUDIT_COLUMNS, entryOf, NAME_COLUMNS, rowOf } from './audit-table.js';

/** Entries in one statement: few, so that requests are hardly held up. */
const CHUNK = 200;
/** Entries that are forgotten in one transaction, so that other changes come in between. */
const PRUNE_CHUNK = 500;
const COLUMNS = AUDIT_COLUMNS.join(', ');

/** The audit log in an SQL database. */
export class SqlAuditStore implements AuditStore {
  readonly #database: Database;
  readonly #audit: string;

  constructor(database: Database) {
    this.#database = database;
    this.#audit = database.table('audit');
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    // Without a condition, SQLite takes ON CONFLICT for part of a join.
    const sql = `INSERT INTO ${this.#audit} (${COLUMNS})
      ${this.#database.recordsIn('$1', this.#audit, AUDIT_COLUMNS)} WHERE true ON CONFLICT (id) DO NOTHING`;
    await this.#database.change('write the audit log', async ({ change }) => {
      for (let from = 0; from < entries.length; from += CHUNK) {
        if (from > 0) await setImmediate();
        await change(sql, [JSON.stringify(entries.slice(from, from + CHUNK).map(rowOf))]);
      }
    });
  }

  async list(query: AuditQuery): Promise<Listed<AuditEntry, Pick<AuditEntry, 'at' | 'id'>>> {
    const { after, since, until, limit } = query;
    const { rows, stoppedAt } = await readNewest(this.#database, {
      purpose: 'list the audit log',
      table: this.#audit,
      columns: AUDIT_COLUMNS,
      time: 'happened_at',
      ...conditionsOf(query),
      after: after && { time: after.at, id: after.id },
      since,
      until,
      limit,
    });
    return listed(rows.map(entryOf), stoppedAt && { at: stoppedAt.time, id: stoppedAt.id });
  }

  async prune(before: number): Promise<number> {
    let count = 0;
    for (;;) {
      const forgotten = await this.#database.change('forget old entries of the audit log', ({ change }) =>
        change(
          `DELETE FROM ${this.#audit} WHERE id IN (
             SELECT id FROM ${this.#audit}
             WHERE happened_at < ${this.#database.notAfterNow('$1')} ORDER BY happened_at, id LIMIT $2)`,
          [before, PRUNE_CHUNK],
        ),
      );
      count += forgotten;
      if (forgotten < PRUNE_CHUNK) return count;
      await setImmediate();
    }
  }
}

/** What finds entries by an index, and what is looked at then. */
function conditionsOf({ types, ...query }: AuditQuery): Pick<NewestFirst, 'oneOf' | 'also'> {
  const [first, ...others] = AUDIT_NAMES.filter((name) => query[name] !== undefined);
  const ofTypes = [...new Set(types)].map(
    (type): Condition =>
      (bind) =>
        `type = ${bind(type)}`,
  );
  if (types?.length === 0) return { oneOf: [], also: [] };
  if (first === undefined) return { oneOf: types === undefined ? [() => ''] : ofTypes, also: [] };
  const named = (name: (typeof AUDIT_NAMES)[number], columnOf = (column: string) => column): Condition => {
    return (bind) => `${columnOf(NAME_COLUMNS[name])} = ${bind(toSqlText(query[name] as string))}`;
  };
  // As expressions, so that the index of the first name is used, by which it is known how far it is looked.
  const hidden = (column: string) => `(${column} || '')`;
  const isOfTypes: Condition = (bind) =>
    `${hidden('type')} IN (${[...new Set(types)].map((type) => bind(type)).join(', ')})`;
  return {
    oneOf: [named(first)],
    also: [...others.map((name) => named(name, hidden)), ...(types === undefined ? [] : [isOfTypes])],
  };
}
