import { userInfo } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type ChangeFeed, PortcullisModule } from '@portcullis/auth';
import { redis as redisStorage } from '@portcullis/redis';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import { portcullis } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { boot, platforms } from '../support/platforms.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { ScratchFolder } from '../support/scratch-repository.js';

// Each command is a process of its own.
jest.setTimeout(60_000);

const ALONE = { DATABASE_URL: '', REDIS_URL: '', PORTCULLIS_STORE: '', ISSUER: '' };
const ISSUER = 'https://api.example';
const PASSWORD = 'hunter2';

let folder: ScratchFolder;
let database: PostgresServer;
let redis: RedisServer;
beforeAll(async () => {
  folder = await ScratchFolder.make();
  database = await PostgresServer.start();
  redis = await RedisServer.start();
  await redis.connect().config('SET', 'requirepass', PASSWORD);
}, 60_000);
afterAll(async () => {
  await redis?.stop();
  await database?.stop();
  await folder?.remove();
});

const bans = (env: Record<string, string>, ...args: string[]) =>
  portcullis({ path: folder.path, env: { ...ALONE, ...env } }, 'bans', ...args);
const redisUrl = (password = PASSWORD) => `redis://:${password}@127.0.0.1:${redis.port}`;
const admin = () => redis.connect({ password: PASSWORD });
/** The feed of an app with this issuer, unless it has a key prefix. */
const feedOfRedis = (keyPrefix?: string) =>
  redisStorage({ client: admin(), ...(keyPrefix !== undefined && { keyPrefix }) }).open({ name: ISSUER })
    .feed as ChangeFeed;

/** Bans and unbans by command, and waits until an app that follows this change feed goes by it. */
async function expectHeeded(
  platform: (typeof platforms)[number],
  { bans: store, audit }: SqlStores,
  feed: ChangeFeed,
  command: (...args: string[]) => ReturnType<typeof bans>,
): Promise<void> {
  const stores = { bans: store, audit };
  const { app, url } = await boot(platform, {
    imports: [PortcullisModule.forRoot({ stores, replication: { feed }, trustedProxies: ['127.0.0.1'] })],
  });
  try {
    const status = async () => (await fetch(url, { headers: { 'x-forwarded-for': '203.0.113.7' } })).status;
    expect(await status()).toBe(404);
    const made = await command('ban', '203.0.113.0/24', '--reason', 'scanners');
    expect(made).toMatchObject({ code: 0, remarks: '' });
    await eventually(async () => (await status()) === 403);
    expect(await command('unban', '203.0.113.0/24')).toMatchObject({ code: 0, remarks: '' });
    await eventually(async () => (await status()) === 404);
    // Requests that were refused until it was heard of may be the newest.
    const [entry] = await audit.list({ types: ['address.unbanned'], limit: 1 });
    expect(entry).toMatchObject({ type: 'address.unbanned', actor: `cli:${userInfo().username}` });
  } finally {
    await app.close();
  }
}

describe('bans in the PostgreSQL of DATABASE_URL', () => {
  let stores: SqlStores;
  beforeAll(async () => {
    stores = postgres({ url: database.url, schema: 'access', tablePrefix: 'p_' }).open();
    await stores.migrate();
  });
  afterAll(() => stores?.close());

  const command =
    (env: Record<string, string>) =>
    ([name = '', ...args]: readonly string[]) =>
      bans({ DATABASE_URL: database.url, ...env }, name, '--schema', 'access', '--prefix', 'p_', ...args);

  it.each(platforms)('hold at once in an app on %s that follows the database', (platform) =>
    expectHeeded(platform, stores, stores.feed, (...args) => command({})(args)),
  );

  it.each(platforms)('hold at once in an app on %s that follows the Redis of REDIS_URL', (platform) =>
    expectHeeded(platform, stores, feedOfRedis(), (...args) =>
      command({ REDIS_URL: redisUrl(), ISSUER })(args),
    ),
  );

  it('are neither looked for nor made where there are no tables', async () => {
    const env = { DATABASE_URL: database.url };
    for (const args of [['list'], ['ban', '203.0.113.7', '--reason', 'x']]) {
      const ended = await bans(env, ...args);
      expect(ended).toMatchObject({ code: 2, lines: [] });
      expect(ended.remarks).toContain('run "portcullis migrate"');
    }
    const untouched = postgres({ url: database.url, migrate: false }).open();
    const { present } = await untouched.versions().finally(() => untouched.close());
    expect(present).toBe(0);
  });

  it('are never shown with a password', async () => {
    const ends = [
      await bans({ DATABASE_URL: database.url.replace(PASSWORD, `${PASSWORD}-not`) }, 'list'),
      await bans({ DATABASE_URL: `postgres://tester:${PASSWORD}@127.0.0.1:1/x` }, 'list'),
      await bans({ DATABASE_URL: `mysql://tester:${PASSWORD}@127.0.0.1/x` }, 'list'),
    ];
    expect(ends.map(({ code }) => code)).toEqual([2, 2, 2]);
    expect(JSON.stringify(ends)).not.toContain(PASSWORD);
  });

  it('give way to a file that the command line names', async () => {
    const ended = await bans({ DATABASE_URL: database.url }, 'list', '--store', 'stroe.db');
    expect(ended).toMatchObject({ code: 2, remarks: 'There is no store stroe.db\n' });
  });

  it('are not guessed at when the environment names two stores', async () => {
    const ended = await bans({ DATABASE_URL: database.url, PORTCULLIS_STORE: 'store.db' }, 'list');
    expect(ended).toMatchObject({ code: 2, lines: [] });
    expect(ended.remarks).toMatch(/^Both DATABASE_URL and PORTCULLIS_STORE are set/);
  });
});

describe('bans in a SQLite file, published by Redis', () => {
  let stores: SqlStores;
  beforeAll(async () => {
    stores = sqlite({ file: join(folder.path, 'store.db') }).open();
    await stores.migrate();
  });
  afterAll(() => stores?.close());

  const command = (url: string, ...args: string[]) =>
    bans({ PORTCULLIS_STORE: 'store.db', REDIS_URL: url }, ...args);
  const thatApp = ['--app', ISSUER];

  it('hold at once in an app that follows it', () =>
    expectHeeded('fastify', stores, feedOfRedis(), (...args) => command(redisUrl(), ...args, ...thatApp)));

  it('hold at once in an app with a key prefix of its own', () =>
    expectHeeded('fastify', stores, feedOfRedis('parcels'), (...args) =>
      command(redisUrl(), ...args, '--key-prefix', 'parcels'),
    ));

  it.each([
    ['it is not said whose stream it is', [], 'Name the app whose changes REDIS_URL carries'],
    [
      'no app has such a stream',
      ['--app', 'https://api.exmaple'],
      'No app follows portcullis:https://api.exmaple:',
    ],
  ])('are not changed where %s: nobody would hear of it', async (_, which, remark) => {
    const ended = await command(redisUrl(), 'ban', '203.0.113.7', '--reason', 'x', ...which);
    expect(ended).toMatchObject({ code: 2, lines: [], remarks: expect.stringContaining(remark) });
    const kept = await stores.bans.list({ limit: 10 });
    expect(kept.filter(({ network }) => network === '203.0.113.7/32')).toEqual([]);
    expect(await admin().exists('portcullis:https://api.exmaple:changes')).toBe(0);
  });

  it.each<[string, () => string]>([
    ['nobody answers', () => `redis://:${PASSWORD}@127.0.0.1:1`],
    ['the password is wrong', () => redisUrl(`${PASSWORD}-not`)],
    ['the URL is of something else', () => `http://:${PASSWORD}@127.0.0.1`],
    ['the password is not encoded', () => `redis://:1/${PASSWORD}@127.0.0.1:${redis.port}`],
  ])('are not changed where %s, but can be looked at', async (_, url) => {
    for (const args of [
      ['ban', '203.0.113.7', '--reason', 'x'],
      ['clear', '--yes'],
    ]) {
      const ended = await command(url(), ...args, ...thatApp);
      expect(ended).toMatchObject({ code: 2, lines: [], remarks: expect.stringMatching(/redis|changes/i) });
      expect(ended.remarks).not.toContain(PASSWORD);
    }
    const kept = await stores.bans.list({ limit: 10 });
    expect(kept.filter(({ network }) => network === '203.0.113.7/32')).toEqual([]);
    expect(await command(url(), 'list')).toMatchObject({ code: 0, remarks: 'There are no such bans.\n' });
  });
});
