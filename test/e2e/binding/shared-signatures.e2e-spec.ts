import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@portcullis/sql/sqlite';
import { expectSignaturesOnceOnAll } from '../../support/shared-signatures.js';
import { noteSqlite } from '../../support/tested-engine.js';

beforeAll(noteSqlite);

it('a signature counts once on two instances that share a SQLite file, also after a restart', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-signatures-'));
  await expectSignaturesOnceOnAll(() => sqlite({ file: join(folder, 'store.db') }));
  rmSync(folder, { recursive: true });
}, 30_000);
