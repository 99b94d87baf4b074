import { userInfo } from 'node:os';
import { Test, type TestingModule } from '@nestjs/testing';
import { FactorService, OAuthClients, PortcullisModule, TokenIssuer } from '@portcullis/auth';
import { TokenVerifier } from '@portcullis/auth/internal';
import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { portcullis } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const ISSUER = 'https://api.example';
const KEY = Buffer.alloc(32, 7).toString('base64');
const ALONE = { DATABASE_URL: '', REDIS_URL: '', PORTCULLIS_STORE: '', ISSUER };
const ACTOR = `cli:${userInfo().username}`;

let folder: ScratchFolder;
let database: PostgresServer;
let shared: RedisServer;
beforeAll(async () => {
  folder = await ScratchFolder.make();
  [database, shared] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
}, 60_000);
afterAll(async () => {
  await Promise.all([database?.stop(), shared?.stop()]);
  await folder?.remove();
});

describe.each([
  ['the database', 'one', false],
  ['the Redis of REDIS_URL', 'two', true],
])('beside two instances that follow %s', (_, schema, hasRedis) => {
  const instances: TestingModule[] = [];
  const start = async () => {
    const storage = postgres({
      ...{ url: database.url, schema, keyEncryptionKeys: [KEY] },
      ...(hasRedis && { shared: redis({ url: shared.url }) }),
    });
    const tokens = { audience: 'parcels', issuer: { url: ISSUER } };
    const app = await Test.createTestingModule({
      imports: [PortcullisModule.forRoot({ tokens, storage })],
    }).compile();
    await app.init();
    instances.push(app);
  };
  beforeAll(async () => {
    await start();
    await start();
  }, 30_000);
  afterAll(() => Promise.all(instances.map((app) => app.close())));

  const run = (...[command, ...args]: [string, ...string[]]) => {
    const env = { ...ALONE, DATABASE_URL: database.url, ...(hasRedis && { REDIS_URL: shared.url }) };
    return portcullis({ path: folder.path, env }, command, ...args, '--schema', schema);
  };
  /** What each of the instances says. */
  const everywhere = <T>(ask: (app: TestingModule) => T | Promise<T>) => Promise.all(instances.map(ask));

  it('portcullis clients makes, rotates, disables and deletes a client for both at once', async () => {
    const made = await run('clients', 'create', '--name', 'Shop', '--kind', 'machine', '--json');
    expect(made).toMatchObject({ code: 0 });
    const { clientId, secret } = JSON.parse(made.lines[0] ?? '') as { clientId: string; secret: string };
    const takes = (text: string) => everywhere((app) => app.get(OAuthClients).matchesSecret(clientId, text));
    expect(await takes(secret)).toEqual([true, true]);

    const rotated = await run('clients', 'rotate', clientId, '--overlap', '0', '--json');
    const next = (JSON.parse(rotated.lines[0] ?? '') as { secret: string }).secret;
    expect([await takes(secret), await takes(next)]).toEqual([
      [false, false],
      [true, true],
    ]);

    const [first] = instances as [TestingModule];
    const issue = async () =>
      (await first.get(TokenIssuer).issue({ subject: 'ada', clientId, grantId: 'g' })).accessToken;
    const verdicts = (token: string) =>
      everywhere(async (app) => {
        try {
          await app.get(TokenVerifier).verify(token);
          return 'good';
        } catch (error) {
          return (error as { code: string }).code;
        }
      });
    const before = await issue();
    await eventually(async () => (await verdicts(before)).every((verdict) => verdict === 'good'));
    expect(await run('clients', 'disable', clientId)).toEqual({
      ...{ code: 0, lines: [`Disabled ${clientId}`], remarks: '' },
    });
    await eventually(async () => (await verdicts(before)).every((verdict) => verdict === 'invalid_token'));
    expect(await takes(next)).toEqual([false, false]);

    expect(await run('clients', 'delete', clientId, '--yes')).toMatchObject({ code: 0, remarks: '' });
    expect(await everywhere((app) => app.get(OAuthClients).find(clientId))).toEqual([undefined, undefined]);
    const stores = postgres({ url: database.url, schema }).open();
    const entries = await stores.audit.list({ types: ['oauth-client.deleted'], limit: 1 });
    await stores.close();
    expect(entries).toMatchObject([{ actor: ACTOR, facts: { clientId, name: 'Shop' } }]);
  });

  it('portcullis factors removes a factor for both at once', async () => {
    const [first] = instances as [TestingModule];
    const owner = { issuer: ISSUER, subject: 'ada' };
    await first.get(FactorService).add(
      {
        ...{ id: `factor-${schema}`, ...owner, kind: 'totp', name: null, handle: null, data: '{}' },
        position: 0,
      } as never,
      { address: '192.0.2.1', requestId: 'r' },
    );
    const kinds = () =>
      everywhere(async (app) => (await app.get(FactorService).list(owner)).map(({ kind }) => kind));
    expect(await kinds()).toEqual(Array(2).fill(['totp', 'recovery-codes']));
    const listed = await run('factors', 'list', '--subject', 'ada');
    expect([listed.code, listed.lines.length]).toEqual([0, 2]);
    expect(await run('factors', 'remove', `factor-${schema}`)).toMatchObject({ code: 0, remarks: '' });
    expect(await kinds()).toEqual([[], []]);
  });
});
