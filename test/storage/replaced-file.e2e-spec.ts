import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { PortcullisHealth, PortcullisModule, RevocationService } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import { eventually } from '../support/eventually.js';
import { SampleInstance } from '../support/sample-instance.js';
import { noteSqlite } from '../support/tested-engine.js';

let folder: string;
beforeAll(noteSqlite);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-replaced-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Moves a copy of the file over it, as a backup is brought back. */
function replace(): void {
  copyFileSync(join(folder, 'portcullis.db'), join(folder, 'backup.db'));
  renameSync(join(folder, 'backup.db'), join(folder, 'portcullis.db'));
}

it('a process whose database file was replaced acknowledges no revocation, until it is started again', async () => {
  const revocation = { tokenId: 't1', issuer: 'https://other.example', reason: 'lost' };
  const first = await SampleInstance.start({ DATA: folder });
  try {
    await first.raise();
    expect((await first.ask('POST', '/admin/revocations', revocation)).status).toBe(201);
    replace();
    const refusals = [
      await first.ask('POST', '/admin/revocations', revocation),
      await first.ask('DELETE', `/admin/api-keys/${first.keyId}`),
    ];
    for (const refusal of refusals) {
      expect(refusal.status).toBeGreaterThanOrEqual(500);
      expect(await refusal.text()).not.toContain('replaced');
    }
    expect(first.output()).toContain('the database file was replaced or removed while it was open: restart');
  } finally {
    await first.stop('SIGTERM');
  }
  const second = await SampleInstance.start({ DATA: folder });
  try {
    await second.raise();
    expect((await second.ask('POST', '/admin/revocations', revocation)).status).toBe(201);
  } finally {
    await second.stop('SIGTERM');
  }
}, 60_000);

it('an app whose database file was replaced becomes stale, and refuses to revoke', async () => {
  const options = {
    storage: sqlite({ file: join(folder, 'portcullis.db'), pollMs: 5 }),
    replication: { maxStalenessSeconds: 2 },
  };
  const app = await Test.createTestingModule({ imports: [PortcullisModule.forRoot(options)] }).compile();
  try {
    await app.init();
    const health = app.get(PortcullisHealth);
    expect((await health.check()).feed?.isStale).toBe(false);
    replace();
    await eventually(async () => (await health.check()).feed?.isStale === true);
    const details = { issuer: 'https://api.example', reason: 'lost' };
    await expect(app.get(RevocationService).revokeToken('t1', details)).rejects.toMatchObject({
      reason: expect.stringContaining('the database file was replaced'),
    });
  } finally {
    await app.close();
  }
});
