import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from '@libsql/client';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { noteSqlite } from '../support/tested-engine.js';
import { describeStoreContracts } from './store-contracts.js';

let folder: string;
let one: SqlStores;
let other: SqlStores;
let owner: Client;
let deletions: string[];
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
  deletions = rows.map(({ name }) => `DELETE FROM ${name}`);
});
afterAll(async () => {
  owner?.close();
  await Promise.all([one?.close(), other?.close()]);
  rmSync(folder, { recursive: true });
});
// Tables are emptied in a tenth of the time in which they are made.
beforeEach(() => owner.batch(deletions, 'write'));

describeStoreContracts('SQLite', () => ({ one, other }));
