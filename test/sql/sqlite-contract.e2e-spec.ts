import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import { noteSqlite } from '../support/tested-engine.js';
import { describeStoreContracts } from './store-contracts.js';

let folder: string;
let one: SqlStores;
let other: SqlStores;
beforeAll(noteSqlite);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const open = () => sqlite({ file: join(folder, 'store.db') }).open();
  [one, other] = [open(), open()];
});
afterEach(async () => {
  await Promise.all([one.close(), other.close()]);
  rmSync(folder, { recursive: true });
});

describeStoreContracts('SQLite', () => ({ one, other }));
