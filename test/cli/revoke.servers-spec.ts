import { renameSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createClient } from '@libsql/client';
import { Test, type TestingModule } from '@nestjs/testing';
import { PortcullisModule, RevocationService } from '@portcullis/auth';
import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { portcullis } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { SampleInstance } from '../support/sample-instance.js';
import { ScratchFolder } from '../support/scratch-repository.js';

// Each sample is a process of its own.
jest.setTimeout(120_000);

const ISSUER = 'https://api.example';
const ALONE = { DATABASE_URL: '', PORTCULLIS_STORE: '', REDIS_URL: '' };

let folder: ScratchFolder;
beforeEach(async () => {
  folder = await ScratchFolder.make();
});
afterEach(() => folder.remove());

const revoke = (env: Record<string, string>, ...args: string[]) =>
  portcullis({ path: folder.path, env: { ...ALONE, ...env } }, 'revoke', ...args);
const ofIssuer = ['--issuer', ISSUER, '--reason', 'restored'];
const everything = ['--all-before', 'now', ...ofIssuer];

describe('portcullis revoke after a backup of a SQLite file was brought back', () => {
  it('ends what was revoked since the backup, in a process that runs, and lets in who logs in again', async () => {
    const env = { DATA: folder.path, ISSUER };
    const file = join(folder.path, 'portcullis.db');
    const backup = join(folder.path, 'backup.db');
    const instances: SampleInstance[] = [];
    const start = async () => {
      const instance = await SampleInstance.start(env);
      instances.push(instance);
      return instance;
    };
    try {
      const first = await start();
      const client = createClient({ url: `file:${file}` });
      await client.execute(`VACUUM INTO '${backup}'`);
      client.close();
      await first.administer('POST', '/admin/revocations', { subject: 'admin', reason: 'stolen' });
      expect(await first.statusOf(first.token)).toBe(401);
      await first.stop('SIGTERM');
      for (const companion of ['-wal', '-shm']) rmSync(`${file}${companion}`, { force: true });
      renameSync(backup, file);

      const second = await start();
      // This is what is to be mended.
      expect(await second.statusOf(first.token)).toBe(200);
      const done = await revoke({}, ...everything, '--file', file);
      expect(done).toMatchObject({ code: 0, remarks: '' });
      expect(done.lines).toEqual([
        expect.stringMatching(
          /^Revoked all that https:\/\/api\.example has issued until now \([0-9a-f-]{36}\)$/,
        ),
      ]);
      await eventually(async () => (await second.statusOf(first.token)) === 401);

      const third = await start();
      for (const instance of [second, third]) {
        for (const { token } of [first, second]) expect(await instance.statusOf(token)).toBe(401);
        expect(await instance.statusOf(third.token)).toBe(200);
      }
    } finally {
      for (const instance of instances) await instance.stop('SIGTERM');
    }
  });
});

describe('portcullis revoke in a PostgreSQL', () => {
  let database: PostgresServer;
  let shared: RedisServer;
  let app: TestingModule | undefined;
  beforeAll(async () => {
    [database, shared] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  }, 60_000);
  afterAll(() => Promise.all([database?.stop(), shared?.stop()]));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  it.each([
    ['the database', 'one', false],
    ['the Redis of REDIS_URL', 'two', true],
  ])('is heard at once by an app that follows %s, and is in the audit log', async (_, schema, hasRedis) => {
    const storage = postgres({
      ...{ url: database.url, schema, keyEncryptionKeys: [Buffer.alloc(32, 1).toString('base64')] },
      ...(hasRedis && { shared: redis({ url: shared.url }) }),
    });
    const tokens = { audience: 'parcels', issuer: { url: ISSUER } };
    const imports = [PortcullisModule.forRoot({ tokens, storage })];
    app = await Test.createTestingModule({ imports }).compile();
    await app.init();
    const isRevoked = (issuedAt: number, issuer = ISSUER) =>
      app?.get(RevocationService).isRevoked({
        ...{ issuer, tokenId: 't', sessionId: undefined },
        subject: 'ann',
        clientId: 'web',
        issuedAt,
      });
    const now = Math.floor(Date.now() / 1_000);
    const env = { DATABASE_URL: database.url, ...(hasRedis && { REDIS_URL: shared.url }) };

    const before = new Date((now - 100) * 1_000).toISOString();
    const partly = await revoke(env, '--all-before', before, ...ofIssuer, '--schema', schema);
    expect(partly).toMatchObject({ code: 0, remarks: '' });
    await eventually(() => isRevoked(now - 100) === true);
    expect(isRevoked(now - 99)).toBe(false);

    await revoke(env, ...everything, '--schema', schema);
    await eventually(() => isRevoked(now) === true);
    expect([isRevoked(now + 60), isRevoked(0, 'https://other.example')]).toEqual([false, false]);
    const stores = storage.open({ name: ISSUER });
    const [entry] = await stores.audit.list({ limit: 1 });
    await stores.close();
    expect(entry).toMatchObject({ type: 'tokens.revoked', actor: `cli:${userInfo().username}` });
  });

  it('changes nothing where the change feed can not be reached', async () => {
    const stores = postgres({ url: database.url, schema: 'three' }).open();
    await stores.migrate();
    const env = { DATABASE_URL: database.url, REDIS_URL: 'redis://127.0.0.1:1' };
    const failed = await revoke(env, ...everything, '--schema', 'three');
    expect(failed).toMatchObject({ code: 2, lines: [] });
    expect(await stores.revocations.findSince(0, 1)).toEqual([]);
    await stores.close();
  });
});

describe('portcullis revoke that is called wrongly', () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();

  it.each<[string, string[], string]>([
    ['no time', ofIssuer, '--all-before must be now, or a time'],
    [
      'a time without a zone',
      ['--all-before', '2026-01-01T10:00:00', ...ofIssuer],
      '--all-before must be now',
    ],
    [
      'a day that there is not',
      ['--all-before', '2026-02-31T10:00:00Z', ...ofIssuer],
      '--all-before must be now',
    ],
    ['a URL for a file', [...everything, '--file', 'postgres://u:s3cret@db/app'], 'A URL is no file'],
    [
      'a URL for a file with one',
      [...everything, '--url-file', 'postgres://u:s3cret@db/app'],
      'A URL is no file',
    ],
    ['a URL too many', [...everything, 'postgres://u:s3cret@db/app'], 'A URL is one argument too many'],
    ['a date alone', ['--all-before', '2026-01-01', ...ofIssuer], '--all-before must be now'],
    ['no time at all', ['--all-before', '2026-13-01T10:00:00Z', ...ofIssuer], '--all-before must be now'],
    ['a time to come', ['--all-before', tomorrow, ...ofIssuer], '--all-before must not be to come'],
    ['no issuer', ['--all-before', 'now', '--reason', 'x'], 'Name the issuer'],
    [
      'an issuer that is none',
      ['--all-before', 'now', '--issuer', 'api', '--reason', 'x'],
      'Name the issuer',
    ],
    ['no reason', ['--all-before', 'now', '--issuer', ISSUER], 'Say why'],
    ['no database', everything, 'Name the database'],
  ])('says so: %s', async (_, args, remark) => {
    const ended = await revoke({}, ...args);
    expect(ended).toMatchObject({ code: 2, lines: [] });
    expect(ended.remarks).toContain(remark);
    expect(ended.remarks).not.toContain('s3cret');
  });

  it('makes no file where there is none, and shows no password', async () => {
    const missing = await revoke({}, ...everything, '--file', 'typo.db');
    expect(missing).toMatchObject({ code: 2, lines: [], remarks: 'There is no store typo.db\n' });
    const away = await revoke({}, ...everything, '--url', 'postgres://tester:hunter2@127.0.0.1:1/x');
    expect(away.code).toBe(2);
    expect(away.remarks).toContain('Others on this machine can read the password');
    expect(away.remarks).not.toContain('hunter2');
  });
});
