import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import {
  type ChangeFeed,
  memory,
  PortcullisConfigurationError,
  PortcullisModule,
  type PortcullisOptions,
  RevocationService,
} from '@portcullis/auth';
import { RedisFailure, redis, redisKeyPrefix } from '@portcullis/redis';
import { sqlite } from '@portcullis/sql/sqlite';
import { ChangeNotes, changeOf } from '../support/change-notes.js';
import { signingKey } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { LineKeeper } from '../support/line-keeper.js';
import { boot } from '../support/platforms.js';
import { RedisServer } from '../support/redis-server.js';

const A = 'https://login.a.example';
const B = 'https://login.b.example';
const WARNING = 'has the same keys in Redis';

/** A token of A, as a revocation sees it. */
const token = {
  ...{ issuer: A, subject: 'ada', clientId: 'web' },
  ...{ tokenId: 't1', sessionId: undefined, issuedAt: 0 },
};

describe('two apps on one Redis', () => {
  let folder: string;
  let server: RedisServer;
  let apps: INestApplication[];
  beforeEach(async () => {
    apps = [];
    folder = await mkdtemp(join(tmpdir(), 'portcullis-two-apps-'));
    server = await RedisServer.start();
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** An app with a database of its own, as all apps with the same issuer share one. */
  async function start(issuer: string, keyPrefix?: string, options: PortcullisOptions = {}) {
    const shared = redis({ client: server.connect(), ...(keyPrefix !== undefined && { keyPrefix }) });
    const file = join(folder, `${new URL(issuer).hostname}.db`);
    const lines = new LineKeeper();
    const tokens = { audience: 'parcels', issuer: { url: issuer, signingKey } };
    const portcullis = PortcullisModule.forRoot({ tokens, storage: sqlite({ file, shared }), ...options });
    const { app } = await boot('fastify', { imports: [portcullis] }, { logger: lines });
    apps.push(app);
    return { app, warnings: () => lines.lines.filter((line) => line.includes(WARNING)) };
  }

  it('by default hear nothing of each other, and the instances of each do', async () => {
    const [one, a, another, b] = [await start(A), await start(A), await start(B), await start(B)];
    const of = ({ app }: typeof one) => app.get(RevocationService);
    await of(one).revokeToken('t1', { reason: 'stolen' });
    await of(another).revokeToken('t2', { reason: 'stolen' });
    await eventually(() => of(a).isRevoked(token));
    // In one stream the first revocation would have come before this one.
    await eventually(() => of(b).isRevoked({ ...token, issuer: B, tokenId: 't2' }));
    expect(of(b).isRevoked(token)).toBe(false);
    const streams = await server.connect().keys('*:changes');
    expect(streams.toSorted()).toEqual([`portcullis:${A}:changes`, `portcullis:${B}:changes`]);
  });

  it('by default count nothing together, and the instances of each do', async () => {
    const storage = redis({ client: server.connect() });
    const [one, a, b] = [A, A, B].map((name) => storage.open({ name })) as [
      ReturnType<typeof storage.open>,
      ReturnType<typeof storage.open>,
      ReturnType<typeof storage.open>,
    ];
    const sums = [];
    for (const { strikeLimiter } of [one, a, b])
      sums.push((await strikeLimiter?.penalty('203.0.113.9', 1, { customDuration: 60 }))?.consumedPoints);
    expect(sums).toEqual([1, 2, 1]);
    const uses = [];
    for (const { replays } of [one, a, b]) uses.push(await replays?.firstUse('d1', 60));
    expect(uses).toEqual([true, false, true]);
  });

  it('are told at boot, once, when they meet under one key prefix', async () => {
    const first = await start(A, 'parcels');
    const client = server.connect();
    await eventually(async () => (await client.get('parcels:app')) === A);
    const second = await start(B, 'parcels');
    await eventually(() => second.warnings().length > 0);
    expect(second.warnings()).toEqual([expect.stringContaining(`Another app, "${A}",`)]);
    expect(first.warnings()).toEqual([]);
    expect(await client.get('parcels:app')).toBe(A);
  });

  it('are not told so where they say that it is meant, nor is an app that starts again', async () => {
    const storage = redis({ client: server.connect(), keyPrefix: 'parcels' });
    const warningOf = (name: string | undefined) => storage.open({ name }).warning?.();
    expect(await warningOf('Parcels')).toBeUndefined();
    expect(await warningOf('Parcels')).toBeUndefined();
    expect(await warningOf('Scales')).toContain(WARNING);
    // One without a name may be any app.
    expect(await warningOf(undefined)).toContain(WARNING);
    expect(await warningOf('Parcels')).toBeUndefined();
  });

  it('are told on one line, whatever the other calls itself', async () => {
    await server.connect().set('parcels:app', `x\n${'y'.repeat(10_000)}`);
    const warning = await redis({ client: server.connect(), keyPrefix: 'parcels' })
      .open({ name: A })
      .warning?.();
    expect(warning).not.toContain('\n');
    expect(warning?.length).toBeLessThan(700);
  });

  it('boot where Redis does not let them ask', async () => {
    const admin = server.connect();
    await admin.call('ACL', 'SETUSER', 'ada', 'on', '>pw', '~*', '+@all', '-set');
    const shared = redis({
      client: server.connect({ username: 'ada', password: 'pw' }),
      keyPrefix: 'parcels',
    });
    await expect(shared.open({ name: A }).warning?.()).rejects.toThrow(RedisFailure);
    await boot('fastify', {
      imports: [PortcullisModule.forRoot({ storage: sqlite({ file: join(folder, 'p.db'), shared }) })],
    }).then(({ app }) => apps.push(app));
  });

  it('need no more of an access list than the guide says', async () => {
    const all = ['xadd', 'xtrim', 'xread', 'xrange', 'xrevrange', 'eval', 'info', 'time'];
    all.push('evalsha', 'set', 'incrby', 'pttl', 'expire', 'get', 'del', 'multi', 'exec');
    const commands = all.map((command) => `+${command}`);
    await server.connect().call('ACL', 'SETUSER', 'ada', 'on', '>pw', '~portcullis:*', ...commands);
    const client = server.connect({ username: 'ada', password: 'pw' });
    const opened = redis({ client }).open({ name: A });
    const notes = await ChangeNotes.of(opened.feed as ChangeFeed);
    await opened.feed?.publish(changeOf('first'));
    await notes.has('first');
    expect(await opened.feed?.now?.()).toBeGreaterThan(0);
    for (const limiter of [opened.strikeLimiter, opened.rateLimiter])
      await limiter?.penalty('203.0.113.9', 1, { customDuration: 60 });
    expect(await opened.strikeLimiter?.get('203.0.113.9')).toMatchObject({ consumedPoints: 1 });
    await opened.strikeLimiter?.delete('203.0.113.9');
    expect(await opened.replays?.firstUse('d1', 60)).toBe(true);
    expect(await opened.warning?.()).toBeUndefined();
    await notes.stop();
  });

  it('learn within seconds that Redis does not say', async () => {
    const client = server.connect({ maxRetriesPerRequest: null });
    const opened = redis({ client, keyPrefix: 'parcels' }).open({ name: A });
    await server.kill();
    await expect(opened.warning?.()).rejects.toThrow(RedisFailure);
  });

  it('do not boot with nothing to tell their keys apart by', async () => {
    const shared = redis({ client: server.connect() });
    const storage = sqlite({ file: join(folder, 'p.db'), shared });
    const error = await boot('fastify', { imports: [PortcullisModule.forRoot({ storage })] }).catch(
      (thrown) => thrown,
    );
    expect(error).toBeInstanceOf(PortcullisConfigurationError);
    expect(error.problems).toEqual([
      "storage: redis: give the app a name, or keyPrefix: other apps' keys would be the same",
    ]);
  });
});

it('nobody waits at boot for what a storage has to say', async () => {
  const storage = {
    open: () => ({ ...memory().open({ name: A }), warning: () => new Promise<undefined>(() => {}) }),
  };
  const { app } = await boot('fastify', { imports: [PortcullisModule.forRoot({ storage })] });
  await app.close();
});

it.each([
  ['https://api.example/v1', 'portcullis:https://api.example/v1'],
  ['Parcels', 'portcullis:Parcels'],
  ['parcels {1}*', 'portcullis:parcels%0020%007b1%007d%002a'],
  ['parcels%0020', 'portcullis:parcels%00250020'],
  ['Pakete für 🎁', 'portcullis:Pakete%0020f%00fcr%0020%d83c%df81'],
])('the keys of %s begin with %s', (name, prefix) => {
  expect(redisKeyPrefix(name)).toBe(prefix);
});
