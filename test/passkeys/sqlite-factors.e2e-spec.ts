import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@portcullis/sql/sqlite';
import { factorsHold, KEYS, TwoInstances } from './two-instances.js';

describe('factors of two instances that share a file', () => {
  const instances = new TwoInstances();
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-factors-'));
    await instances.start(() => sqlite({ file: join(folder, 'store.db'), keyEncryptionKeys: KEYS }));
  }, 30_000);
  afterAll(async () => {
    await instances.close();
    rmSync(folder, { recursive: true });
  });

  factorsHold(instances);
});
