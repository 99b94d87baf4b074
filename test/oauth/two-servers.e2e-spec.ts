import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@portcullis/sql/sqlite';
import { holdTogether } from './two-servers.js';

const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];

describe('two authorization servers that share an SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-oauth-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  holdTogether(() => sqlite({ file: join(folder, 'store.db'), keyEncryptionKeys, pollMs: 5 }));
});
