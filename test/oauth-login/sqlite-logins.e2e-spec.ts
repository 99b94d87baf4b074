import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '@portcullis/sql/sqlite';
import { KEYS, singleSignOnHolds, TwoInstances } from './two-instances.js';

describe('logins by another issuer at two instances that share a file:', () => {
  const instances = new TwoInstances();
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-sign-on-'));
    await instances.start(() =>
      sqlite({ file: join(folder, 'store.db'), keyEncryptionKeys: KEYS, pollMs: 5 }),
    );
  }, 30_000);
  afterAll(async () => {
    await instances.close();
    rmSync(folder, { recursive: true });
  });

  singleSignOnHolds(instances);
});
