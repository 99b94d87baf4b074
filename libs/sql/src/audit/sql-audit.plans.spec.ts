import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import { AUDIT_NAMES, type AuditStore } from '@portcullis/auth';
import type { Transaction, Value } from '../database.js';
import { SqliteDatabase } from '../sqlite/sqlite-database.js';
import { NAME_COLUMNS } from './audit-table.js';
import { SqlAuditStore } from './sql-audit.store.js';

/** Writes down the last statement that it is given. */
class OverheardDatabase extends SqliteDatabase {
  last: { readonly sql: string; readonly args: readonly Value[] } = { sql: '', args: [] };

  override read(purpose: string, columns: readonly string[], from: string, args: readonly Value[]) {
    this.last = { sql: `SELECT ${columns.join(', ')} ${from}`, args };
    return super.read(purpose, columns, from, args);
  }

  override change<T>(purpose: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return super.change(purpose, ({ change, rows }) =>
      work({
        rows,
        change: (sql, args = []) => {
          this.last = { sql, args };
          return change(sql, args);
        },
      }),
    );
  }
}

let folder: string;
let database: OverheardDatabase;
let client: Client;
let audit: AuditStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const file = join(folder, 'store.db');
  database = new OverheardDatabase(file, 'p_');
  audit = new SqlAuditStore(database);
  client = createClient({ url: pathToFileURL(file).href });
});
afterEach(async () => {
  client.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

/** How SQLite goes about what it was asked last. */
async function plan(): Promise<string> {
  const { sql, args } = database.last;
  const { rows } = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: [...args] });
  return rows.map(({ detail }) => detail).join('\n');
}

const after = { at: 2, id: 'b' };
type Case = readonly [name: string, index: string, call: (audit: AuditStore) => Promise<unknown>];
const CASES: readonly Case[] = [
  ['the first page', 'SCAN p_audit USING INDEX p_audit_newest', (store) => store.list({ limit: 2 })],
  ['a page', 'p_audit_newest ((happened_at,id)<', (store) => store.list({ after, limit: 2 })],
  [
    'a time',
    'p_audit_newest (happened_at>? AND happened_at<?)',
    (store) => store.list({ since: 1, until: 2, limit: 2 }),
  ],
  ['a type', 'p_audit_of_type (type=?)', (store) => store.list({ types: ['bans.cleared'], limit: 2 })],
  [
    'a page of a type',
    'p_audit_of_type (type=? AND (happened_at,id)<',
    (store) => store.list({ types: ['bans.cleared'], after, limit: 2 }),
  ],
  ...AUDIT_NAMES.map(
    (name): Case => [
      `a page of a name (${name})`,
      `p_audit_of_${NAME_COLUMNS[name]} (${NAME_COLUMNS[name]}=? AND (happened_at,id)<`,
      (store: AuditStore) => store.list({ [name]: 'x', after, limit: 2 }),
    ],
  ),
  [
    'a name, whatever its types',
    'p_audit_of_actor (actor=?',
    (store) => store.list({ actor: 'x', types: ['request.refused', 'bans.cleared'], limit: 2 }),
  ],
  ['what is old', 'USING COVERING INDEX p_audit_newest (happened_at<?)', (store) => store.prune(1)],
];

describe('the indexes of the audit log', () => {
  it.each(CASES)('find %s: %s', async (_, index, call) => {
    await call(audit);
    expect(await plan()).toContain(index);
    // Of a type no more is sorted than fits on the page.
    expect((await plan()).replace(/SCAN of_0\s+USE TEMP B-TREE/, '')).not.toContain('TEMP B-TREE');
  });

  it('find several types each by itself', async () => {
    await audit.list({ types: ['bans.cleared', 'api-key.created', 'request.refused'], limit: 2 });
    const steps = (await plan()).split('\n');
    expect(steps.filter((step) => step.includes('SEARCH p_audit USING INDEX p_audit_of_type'))).toHaveLength(
      3,
    );
    expect(steps.filter((step) => step.startsWith('SCAN p_audit'))).toEqual([]);
  });
});
