import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient, type InArgs } from '@libsql/client';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { noteSqlite } from '../support/tested-engine.js';
import { expectNoReasons, OverheardStatements } from './overheard-statements.js';
import { describeStoreContracts } from './store-contracts.js';

const heard = OverheardStatements.ofSqlite();

let folder: string;
let one: SqlStores;
let other: SqlStores;
let owner: Client;
let tables: string[];
beforeAll(noteSqlite);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const file = join(folder, 'store.db');
  const open = () => sqlite({ file }).open();
  [one, other] = [open(), open()];
  await one.migrate();
  owner = createClient({ url: `file:${file}` });
  const { rows } = await owner.execute(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'portcullis_%' AND name <> 'portcullis_migrations'`,
  );
  tables = rows.map(({ name }) => String(name));
});
afterAll(async () => {
  owner?.close();
  await Promise.all([one?.close(), other?.close()]);
  rmSync(folder, { recursive: true });
});
// Tables are emptied in a tenth of the time in which they are made.
beforeEach(() =>
  owner.batch(
    tables.map((table) => `DELETE FROM ${table}`),
    'write',
  ),
);

describeStoreContracts('SQLite', () => ({ one, other }));

// Last, when the contracts have had every statement made.
describe('the statements of all stores', () => {
  /** Each is one of a few rows: the keys of this app, the accounts and the grants of one user, and what one call was given. */
  const OF_FEW = [
    /\bportcullis_signing_keys\b/,
    /FROM portcullis_account_links WHERE subject = \$1 AND issuer = \$2 ORDER BY created_at, provider/,
    /FROM portcullis_oauth_artifacts WHERE has_ended = 0 AND .*\bgrant_id IS NOT NULL\s+GROUP BY grant_id LIMIT/,
    /FROM portcullis_bans WHERE network IN \(SELECT value FROM json_each\(\$1\)\)/,
  ];

  it('are about every table', () => {
    const ofNoStore = ['portcullis_changes', 'portcullis_app'];
    const missing = tables.filter(
      (table) =>
        !ofNoStore.includes(table) && !heard.all.some(([sql]) => new RegExp(`\\b${table}\\b`).test(sql)),
    );
    expect(missing).toEqual([]);
  });

  it('read revocations without their reasons, which are pages long', () => expectNoReasons(heard));

  it('find rows by an index, and in order already, or look at no more than they are told to', async () => {
    const slow: unknown[] = [];
    for (const [sql, values] of heard.all) {
      // What empties a table.
      if (/^DELETE FROM \w+$/.test(sql.trim()) || OF_FEW.some((few) => few.test(sql))) continue;
      const { rows } = await owner.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: [...values] as InArgs });
      const isLimited = /\bLIMIT (\$\d|1\b)/.test(sql);
      const steps = rows
        .map(({ detail }) => String(detail))
        .filter((step) => /TEMP B-TREE|^SCAN portcullis_/.test(step))
        .filter((step) => !(isLimited && /^SCAN portcullis_\w+ USING (COVERING )?INDEX/.test(step)));
      if (steps.length > 0) slow.push([sql, steps]);
    }
    expect(heard.all.length).toBeGreaterThan(tables.length * 5);
    expect(slow).toEqual([]);
  });
});
