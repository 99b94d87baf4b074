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

it('a process whose database file was replaced acknowledges no change, until it is started again', async () => {
  const revocation = { tokenId: 't1', issuer: 'https://other.example', reason: 'lost' };
  const first = await SampleInstance.start({ DATA: folder });
  try {
    await first.raise();
    expect((await first.ask('POST', '/admin/revocations', revocation)).status).toBe(201);
    const login = { username: 'dispatcher', password: /^dispatcher +(\S+)/m.exec(first.output())?.[1] };
    const session = (await (await first.ask('POST', '/auth/login', login)).json()) as {
      refresh_token?: string;
    };
    const changes: readonly [method: string, path: string, body?: object][] = [
      ['POST', '/admin/revocations', revocation],
      ['POST', '/admin/bans', { network: '203.0.113.7', reason: 'late' }],
      ['POST', '/admin/api-keys', { appId: 'depot', name: 'late', scopes: [] }],
      ['DELETE', `/admin/api-keys/${first.keyId}`],
      [
        'POST',
        '/admin/clients',
        { name: 'Late', kind: 'web', redirectUris: ['https://late.example/back'], scopes: ['parcels:read'] },
      ],
      ['POST', '/auth/login', login],
      ['POST', '/auth/refresh', { refresh_token: session.refresh_token }],
      ['POST', '/auth/factors/totp', { name: 'late' }],
      ['DELETE', '/admin/sessions?subject=nobody'],
      ['POST', '/auth/logout', { everywhere: true }],
    ];
    replace();
    const answers: string[] = [];
    for (const [method, path, body] of changes) {
      const answer = await first.ask(method, path, body);
      answers.push(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    }
    for (const answer of answers) expect(answer).not.toContain('replaced');
    const unavailable = expect.stringMatching(/: 503 .*temporarily_unavailable/);
    expect(answers).toEqual(changes.map(() => unavailable));
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
