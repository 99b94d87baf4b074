import { setImmediate } from 'node:timers/promises';
import { AUDIT_NAMES, type AuditEntry, type AuditQuery, type AuditStore } from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import { toSqlText } from '../text.js';
import { AUDIT_COLUMNS, entryOf, NAME_COLUMNS, rowOf } from './audit-table.js';

/** Entries in one statement: few, so that requests are hardly held up. */
const CHUNK = 200;
/** Entries that are forgotten in one transaction, so that other changes come in between. */
const PRUNE_CHUNK = 500;
const COLUMNS = AUDIT_COLUMNS.join(', ');
const NEWEST_FIRST = 'ORDER BY happened_at DESC, id DESC';

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

  async list(query: AuditQuery): Promise<readonly AuditEntry[]> {
    const { types, limit, ...rest } = query;
    if (types?.length === 0) return [];
    const values: Value[] = [];
    const bind = (value: Value) => `$${values.push(value)}`;
    const isNamed = AUDIT_NAMES.some((name) => query[name] !== undefined);
    if (isNamed || types === undefined) {
      const conditions = conditionsOf(rest, bind);
      // As an expression, so that the index of the name is used: a name has few entries, and a type may have millions.
      if (types !== undefined)
        conditions.push(`(type || '') IN ${this.#database.textsIn(bind(JSON.stringify(types)))}`);
      return this.#read(this.#newest(conditions, bind(limit)), values);
    }
    // Each type by its own index, because a rare one would otherwise be looked for among all.
    const [first, ...others] = [...new Set(types)];
    const ofFirst = `type = ${bind(first as string)}`;
    const conditions = conditionsOf(rest, bind);
    const most = bind(limit);
    const parts = [ofFirst, ...others.map((type) => `type = ${bind(type)}`)].map(
      (ofType, index) =>
        `SELECT * FROM (SELECT ${COLUMNS} ${this.#newest([ofType, ...conditions], most)}) AS of_${index}`,
    );
    return this.#read(`FROM (${parts.join(' UNION ALL ')}) AS of_all ${NEWEST_FIRST} LIMIT ${most}`, values);
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

  #newest(conditions: readonly string[], most: string): string {
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    return `FROM ${this.#audit} ${where} ${NEWEST_FIRST} LIMIT ${most}`;
  }

  async #read(from: string, values: readonly Value[]): Promise<readonly AuditEntry[]> {
    const rows = await this.#database.read('list the audit log', AUDIT_COLUMNS, from, values);
    return rows.map(entryOf);
  }
}

/** All but the types. */
function conditionsOf(query: Omit<AuditQuery, 'types' | 'limit'>, bind: (value: Value) => string): string[] {
  const { since, until, after } = query;
  const conditions = AUDIT_NAMES.flatMap((name) => {
    const wanted = query[name];
    return wanted === undefined ? [] : [`${NAME_COLUMNS[name]} = ${bind(toSqlText(wanted))}`];
  });
  if (since !== undefined) conditions.push(`happened_at >= ${bind(since)}`);
  if (until !== undefined) conditions.push(`happened_at < ${bind(until)}`);
  if (after !== undefined)
    conditions.push(`(happened_at, id) < (${bind(after.at)}, ${bind(toSqlText(after.id))})`);
  return conditions;
}
