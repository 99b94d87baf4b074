import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { ApiKeyService, AuditTrail, PortcullisModule } from '@portcullis/auth';
import { importFrom, layOut } from '../support/pages.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';

const PAGE = 'docs/guides/storage.md';
const KEY_ENCRYPTION_KEY = Buffer.alloc(32, 1).toString('base64');
const before = { ...process.env };
let folder: string;
let database: PostgresServer;
let redis: RedisServer;
let laidOut: Awaited<ReturnType<typeof layOut>>;
let load: ReturnType<typeof importFrom>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-page-'));
  [database, redis] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  const places = { DATA: folder, DATABASE_URL: database.url, REDIS_URL: redis.url };
  Object.assign(process.env, { ...places, KEY_ENCRYPTION_KEY });
  laidOut = await layOut(PAGE);
  load = importFrom(laidOut, PAGE);
}, 60_000);

afterAll(async () => {
  process.env = before;
  await laidOut?.remove();
  await Promise.all([database?.stop(), redis?.stop()]);
  rmSync(folder, { recursive: true });
});

/** Boots an app twice: what the first one has made, the second one has. */
async function expectKeysToOutlive(imported: object): Promise<void> {
  const boot = async () => {
    const app = await Test.createTestingModule({ imports: [imported as never] }).compile();
    return app.init();
  };
  const first = await boot();
  const { id } = await first.get(ApiKeyService).create({ appId: 'depot', name: 'Depot', scopes: [] });
  await first.close();
  const second = await boot();
  expect(await second.get(ApiKeyService).find(id)).toMatchObject({ appId: 'depot' });
  await second.close();
}

it('shows an app whose keys outlive it', async () => {
  const { AppModule } = await load('app.module.ts');
  await expectKeysToOutlive(AppModule);
});

it.each(['postgres-storage.ts', 'shared-storage.ts'])('shows the same with servers: %s', async (file) => {
  const { storage } = await load(file);
  const tokens = { audience: 'parcels', issuer: { url: 'https://api.example' } };
  await expectKeysToOutlive(PortcullisModule.forRoot({ tokens, storage }));
});

it('shows an app in a test, with an audit log in memory', async () => {
  const { testedApp } = await load('tested-app.ts');
  const app = await testedApp();
  expect(await app.get(AuditTrail).list()).toEqual({ entries: [] });
  await app.close();
});
