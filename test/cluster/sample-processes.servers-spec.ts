import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { SampleInstance } from '../support/sample-instance.js';

const KEY_ENCRYPTION_KEY = randomBytes(32).toString('base64');

/** What the processes share, and its end. */
interface Shared {
  readonly environment: Readonly<Record<string, string>>;
  end(): Promise<void>;
}

async function aFolder(): Promise<Shared> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-cluster-'));
  return { environment: { DATA: folder }, end: () => rm(folder, { recursive: true }) };
}

async function aPostgres(): Promise<Shared> {
  const server = await PostgresServer.start();
  return { environment: { DATABASE_URL: server.url, KEY_ENCRYPTION_KEY }, end: () => server.stop() };
}

async function aPostgresAndARedis(): Promise<Shared> {
  const [database, redis] = await Promise.all([aPostgres(), RedisServer.start()]);
  return {
    environment: { ...database.environment, REDIS_URL: `redis://127.0.0.1:${redis.port}` },
    async end() {
      await Promise.all([database.end(), redis.stop()]);
    },
  };
}

/** `jti`. */
function tokenIdOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti;
}

describe('processes of the sample that share a folder', () => behaveAsOne(aFolder));
describe('processes of the sample that share a PostgreSQL', () => behaveAsOne(aPostgres));
describe('processes of the sample that share a PostgreSQL and a Redis', () =>
  behaveAsOne(aPostgresAndARedis));

function behaveAsOne(share: () => Promise<Shared>): void {
  let shared: Shared;
  let instances: SampleInstance[];
  const run = async () => {
    const instance = await SampleInstance.start(shared.environment);
    instances.push(instance);
    return instance;
  };
  beforeAll(async () => {
    instances = [];
    shared = await share();
    await Promise.all([run(), run(), run()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.stop('SIGTERM')));
    await shared.end();
  }, 60_000);
  const three = () => instances as [SampleInstance, SampleInstance, SampleInstance];

  it('hold what one of them bans, and let in whom another one lets in', async () => {
    const [one, two, last] = three();
    const ban = { network: '203.0.113.7', reason: 'scanners' };
    const { id } = await one.administer<{ id: string }>('POST', '/admin/bans', ban);
    expect(await one.statusAt('203.0.113.7')).toBe(403);
    for (const other of [two, last])
      await eventually(async () => (await other.statusAt('203.0.113.7')) === 403);
    await last.administer('DELETE', `/admin/bans/${id}`);
    for (const other of [one, two])
      await eventually(async () => (await other.statusAt('203.0.113.7')) === 200);
  }, 60_000);

  it('refuse a key that one of them revokes, remembered or not', async () => {
    const [one, two, last] = three();
    for (const instance of three()) expect(await instance.statusWith(one.key)).toBe(200);
    await two.administer('DELETE', `/admin/api-keys/${one.keyId}`);
    expect(await two.statusWith(one.key)).toBe(401);
    for (const other of [one, last]) await eventually(async () => (await other.statusWith(one.key)) === 401);
    expect(await last.statusWith(two.key)).toBe(200);
  }, 60_000);

  it('rotate a key once, and revoke it once, however many ask all of them at the same time', async () => {
    const all = three();
    const [, two] = all;
    for (const instance of all) await instance.raise();
    const askAHundredTimes = (method: string, path: string, body?: object) =>
      Promise.all(
        Array.from({ length: 99 }, (_, index) => (all[index % 3] as SampleInstance).ask(method, path, body)),
      );

    const rotations = await askAHundredTimes('POST', `/admin/api-keys/${two.keyId}/rotate`, {
      overlapSeconds: 0,
    });
    // Who waits too long for the others is told to come again.
    const [made, ...more] = rotations.filter(({ status }) => ![409, 503].includes(status)) as [
      Response,
      ...Response[],
    ];
    expect([made.status, more.map(({ status }) => status)]).toEqual([201, []]);
    const { id, key } = (await made.json()) as { id: string; key: string };
    for (const instance of all) {
      expect(await instance.statusWith(key)).toBe(200);
      await eventually(async () => (await instance.statusWith(two.key)) === 401);
    }

    const revocations = await askAHundredTimes('DELETE', `/admin/api-keys/${id}`);
    // Whoever comes second finds nothing to revoke.
    expect(revocations.map(({ status }) => status).filter((status) => ![404, 503].includes(status))).toEqual([
      204,
    ]);
    for (const instance of all) await eventually(async () => (await instance.statusWith(key)) === 401);
    const records = all.map((each) =>
      each.administer<{ revokedAt: number | null }>('GET', `/admin/api-keys/${id}`),
    );
    const times = (await Promise.all(records)).map(({ revokedAt }) => revokedAt);
    expect(times).toEqual(Array(3).fill(expect.any(Number)));
    expect(new Set(times).size).toBe(1);
  }, 60_000);

  it('accept the tokens of each other, and know after a kill of all what was answered before it', async () => {
    const [one, two, last] = three();
    const { token } = one;
    for (const instance of three()) expect(await instance.statusOf(token)).toBe(200);
    await one.administer('POST', '/admin/bans', { network: '203.0.113.8', reason: 'scanners' });
    await last.administer('DELETE', `/admin/api-keys/${last.keyId}`);
    await Promise.all([one, two, last].map((instance) => instance.stop('SIGKILL')));
    const next = await run();
    expect(await next.statusAt('203.0.113.8')).toBe(403);
    expect(await next.statusWith(last.key)).toBe(401);
    expect(await next.statusOf(token)).toBe(200);
    await next.administer('POST', '/admin/revocations', { tokenId: tokenIdOf(token), reason: 'stolen' });
    expect(await next.statusOf(token)).toBe(401);
  }, 60_000);
}
