import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  ApiKeyService,
  AuditTrail,
  MemoryApiKeyStore,
  memory,
  PortcullisConfigurationError,
  PortcullisHealth,
  PortcullisModule,
  type PortcullisOptions,
  RevocationService,
  TokenIssuer,
} from '@portcullis/auth';
import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';
import { eventually } from '../support/eventually.js';
import { repository } from '../support/pages.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';

const keyEncryptionKeys = [Buffer.alloc(32, 1).toString('base64')];
const tokens = { audience: 'parcels', issuer: { url: 'https://api.example' } };

const ADAS_TOKEN = {
  ...{ issuer: tokens.issuer.url, subject: 'ada', clientId: 'web' },
  ...{ tokenId: 't1', sessionId: undefined, issuedAt: 0 },
};

let folder: string;
let apps: TestingModule[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-storage-'));
  apps = [];
});
afterEach(async () => {
  for (const app of apps) await app.close();
  rmSync(folder, { recursive: true });
});

async function start(options: PortcullisOptions): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports: [PortcullisModule.forRoot(options)] }).compile();
  apps.push(app);
  await app.init();
  return app;
}

const stopAll = async () => {
  for (const app of apps.splice(0)) await app.close();
};

const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()).kid;
const issueBy = async (app: TestingModule) =>
  (await app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' })).accessToken;

/** Two apps at the same time, and a third one after them. */
async function expectShared(options: PortcullisOptions): Promise<void> {
  const [one, other] = [await start(options), await start(options)];
  const key = await one.get(ApiKeyService).create({ appId: 'depot', name: 'Depot', scopes: [] });
  await one.get(RevocationService).revokeToken('t1', { reason: 'spec', actor: 'root' });
  await eventually(async () => other.get(RevocationService).isRevoked(ADAS_TOKEN));
  const kid = kidOf(await issueBy(one));
  expect(kidOf(await issueBy(other))).toBe(kid);
  await stopAll();

  const later = await start(options);
  expect(await later.get(ApiKeyService).find(key.id)).toMatchObject({ appId: 'depot' });
  expect(later.get(RevocationService).isRevoked(ADAS_TOKEN)).toBe(true);
  expect(kidOf(await issueBy(later))).toBe(kid);
  const { entries } = (await later.get(AuditTrail).list({ actor: 'root' })) ?? {};
  expect(entries).toMatchObject([{ type: 'tokens.revoked' }]);
  expect((await later.get(PortcullisHealth).check()).stores).toEqual({
    ...{ apiKeys: 'up', bans: 'up', revocations: 'up', sessions: 'up', factors: 'up', loginTickets: 'up' },
    ...{ oauthArtifacts: 'up', oauthClients: 'up', oauthConsents: 'up', accountLinks: 'up' },
    ...{ sharedAddresses: 'up', signingKeys: 'up', audit: 'up' },
  });
  await stopAll();
}

describe('a storage in one option', () => {
  it('in a file is shared by the apps of a machine, and outlives them', async () => {
    await expectShared({ tokens, storage: sqlite({ file: join(folder, 'p.db'), keyEncryptionKeys }) });
  });

  it('in memory needs no key, keeps an audit log, and ends with each app', async () => {
    const options = { tokens, storage: memory() };
    const [one, other] = [await start(options), await start(options)];
    const { id } = await one.get(ApiKeyService).create({ appId: 'depot', name: 'Depot', scopes: [] });
    expect((await one.get(AuditTrail).list())?.entries).toMatchObject([{ keyId: id }]);
    expect(await other.get(ApiKeyService).find(id)).toBeUndefined();
  });

  it('gives way, store by store, to what the app gives itself', async () => {
    const apiKeys = new MemoryApiKeyStore();
    const storage = sqlite({ file: join(folder, 'p.db') });
    const app = await start({ storage, stores: { apiKeys } });
    const { id } = await app.get(ApiKeyService).create({ appId: 'depot', name: 'Depot', scopes: [] });
    expect(await apiKeys.findById(id)).toBeDefined();
    expect((await app.get(AuditTrail).list())?.entries).toHaveLength(1);
  });

  it('keeps no signing keys where the app configures one', async () => {
    const signingKey = {
      ...{ kty: 'OKP', crv: 'Ed25519', kid: 'own', alg: 'EdDSA' },
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    } as const;
    const issuer = { ...tokens.issuer, signingKey };
    const app = await start({
      tokens: { ...tokens, issuer },
      storage: sqlite({ file: join(folder, 'p.db') }),
    });
    expect(kidOf(await issueBy(app))).toBe('own');
  });

  it.each<[string, unknown, string]>([
    [
      'a storage among the stores',
      { stores: sqlite({ file: '/nowhere/p.db' }) },
      'stores: takes stores one by one; what sqlite() and the like return is the option storage',
    ],
    [
      'stores as a storage',
      { storage: { apiKeys: new MemoryApiKeyStore() } },
      'storage: must be what sqlite(), postgres() or memory() returns',
    ],
    [
      'signing keys without a key to encrypt them with',
      { tokens, storage: sqlite({ file: '/nowhere/p.db' }) },
      'tokens.issuer.keyEncryptionKeys: stores.signingKeys keeps private keys, which are encrypted only with one of these, named here or in the storage; `openssl rand -base64 32` makes it',
    ],
  ])('is refused at boot in words: %s', async (_, options, problem) => {
    const error = await start(options as PortcullisOptions).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(PortcullisConfigurationError);
    expect(error.problems).toEqual([problem]);
  });

  it.each(['', ':memory:', 'file::memory:?cache=shared', 'file:p.db'])(
    'refuses a file that is none: %j',
    (file) => {
      expect(() => sqlite({ file })).toThrow(TypeError);
    },
  );

  it('is closed again where the app does not boot for another reason', async () => {
    let isClosed = false;
    const storage = {
      open: () => ({
        async close() {
          isClosed = true;
        },
      }),
    };
    await expect(start({ storage, realm: '"' })).rejects.toThrow(PortcullisConfigurationError);
    expect(isClosed).toBe(true);
  });
});

describe('with servers', () => {
  let database: PostgresServer;
  let server: RedisServer;
  beforeAll(async () => {
    [database, server] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  }, 60_000);
  afterAll(() => Promise.all([database?.stop(), server?.stop()]));

  it('a storage in PostgreSQL is shared, and outlives its apps', async () => {
    await expectShared({
      tokens,
      storage: postgres({ url: database.url, schema: 'one', keyEncryptionKeys }),
    });
  });

  it('one with Redis composed in counts there, and hears of changes by it', async () => {
    const shared = redis({ url: server.url, keyPrefix: 'parcels' });
    const storage = postgres({ url: database.url, schema: 'two', keyEncryptionKeys, shared });
    await expectShared({ tokens, storage });
    const client = server.connect();
    expect(await client.exists('parcels:changes')).toBe(1);
    const { replays, close } = storage.open();
    expect([await replays?.firstUse('1', 60), await replays?.firstUse('1', 60)]).toEqual([true, false]);
    expect(await client.keys('parcels:used:*')).toHaveLength(1);
    await close();
  });

  it('what the app has opened stays open', async () => {
    const pool = new pg.Pool({ connectionString: database.url });
    const client = server.connect();
    const storage = postgres({ pool, schema: 'three', keyEncryptionKeys, shared: redis({ client }) });
    await start({ tokens, storage });
    await stopAll();
    expect((await pool.query('SELECT 1')).rowCount).toBe(1);
    expect(await client.ping()).toBe('PONG');
    await pool.end();
  });
});

it.each([
  ['sqlite', 'sqlite', "['/pg/']"],
  ['postgres', 'postgres', "['/@libsql/', '/libsql/']"],
])('%s loads no driver but its own', async (_, name, others) => {
  const script = `
    import { createRequire } from 'node:module';
    import { ${name} } from '@portcullis/sql/${name}';
    ${name}(${name === 'sqlite' ? "{ file: 'x.db' }" : "{ url: 'postgres://x@127.0.0.1/x' }"});
    const { cache } = createRequire(process.cwd() + '/x.js');
    const loaded = Object.keys(cache);
    if (loaded.length === 0) throw new Error('no driver is loaded');
    const found = ${others}.flatMap((other) => loaded.filter((file) => file.includes('node_modules' + other)));
    console.log(JSON.stringify(found));
  `;
  const env = { ...process.env, NODE_OPTIONS: '' };
  const options = { cwd: repository, env };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script],
    options,
  );
  expect(JSON.parse(stdout)).toEqual([]);
});
