import { ahead, complaints, doctor } from '../support/doctor.js';
import { elsewhere } from '../support/elsewhere.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { RewritingRelay } from '../support/rewriting-relay.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const PASSWORD = 'correct-horse';

describe('portcullis doctor on Redis', () => {
  let server: RedisServer;
  let url: string;
  beforeAll(async () => {
    server = await RedisServer.start('--appendonly', 'yes');
    url = `redis://127.0.0.1:${server.port}`;
    await server.connect().config('SET', 'requirepass', PASSWORD);
  });
  afterAll(() => server.stop());
  const withPassword = (password = PASSWORD, user = '') =>
    url.replace('//', `//${user}:${encodeURIComponent(password)}@`);
  const admin = () => server.connect({ password: PASSWORD });

  it('has nothing to say of one that is as it should be', async () => {
    const examined = await doctor({ REDIS_URL: withPassword() });
    expect(complaints(examined)).toEqual({});
    expect(examined.code).toBe(0);
    expect(Object.keys(examined.found)).toHaveLength(9);
    expect(examined.text).not.toContain(PASSWORD);
  });

  it("reports a password that is wrong, and doesn't show it", async () => {
    const examined = await doctor({ REDIS_URL: withPassword('wrong/horse') });
    expect(examined.found).toEqual({
      'redis.reachable': `FAIL Redis at 127.0.0.1:${server.port} can't be used: it does not let this user in`,
    });
    expect(examined.code).toBe(1);
    expect(examined.text).not.toMatch(/wrong|horse/);
  });

  it('reports what throws the change feed away, and memory that is full', async () => {
    const redis = admin();
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const unlimited = await doctor({ REDIS_URL: withPassword() });
    expect(complaints(unlimited)).toEqual({ 'redis.maxmemory_policy': 'warn' });
    await redis.config('SET', 'maxmemory', '500000');
    const full = await doctor({ REDIS_URL: withPassword() });
    expect(complaints(full)).toEqual({ 'redis.maxmemory_policy': 'FAIL', 'redis.memory': 'FAIL' });
    expect(full.found['redis.maxmemory_policy']).toContain('the change feed is lost');
    const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', String(Math.ceil(used * 1.06)));
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    const nearlyFull = await doctor({ REDIS_URL: withPassword() });
    expect(complaints(nearlyFull)).toEqual({ 'redis.maxmemory_policy': 'warn', 'redis.memory': 'warn' });
    expect(nearlyFull.code).toBe(0);
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  }, 120_000);

  it('reports one that keeps nothing, one that hides whether it does, and one that is a replica', async () => {
    const redis = admin();
    await redis.config('SET', 'appendonly', 'no');
    await redis.acl('SETUSER', 'hosted', 'on', `>${PASSWORD}`, '+@all', '-config');
    await redis.replicaof('127.0.0.1', '1');
    const forgetful = await doctor({ REDIS_URL: withPassword() });
    expect(complaints(forgetful)).toEqual({ 'redis.persistence': 'warn', 'redis.role': 'FAIL' });
    await redis.replicaof('NO', 'ONE');
    const hosted = await doctor({ REDIS_URL: withPassword(PASSWORD, 'hosted') });
    expect(complaints(hosted)).toEqual({ 'redis.persistence': 'warn' });
    expect(hosted.found['redis.persistence']).toContain("can't be seen: this user may not do that");
    await redis.config('SET', 'appendonly', 'yes');
  }, 60_000);

  it('reports one that would go on without its replicas', async () => {
    const redis = admin();
    const auth = ['--masterauth', PASSWORD];
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', `${server.port}`, ...auth);
    try {
      await eventually(async () => (await redis.info('replication')).includes('state=online'));
      expect(complaints(await doctor({ REDIS_URL: withPassword() }))).toEqual({ 'redis.replicas': 'warn' });
      await redis.config('SET', 'min-replicas-to-write', 1);
      expect(complaints(await doctor({ REDIS_URL: withPassword() }))).toEqual({});
    } finally {
      await redis.config('SET', 'min-replicas-to-write', 0);
      await replica.stop();
    }
  }, 60_000);

  it('reports a clock that is off', async () => {
    const far = await doctor({ REDIS_URL: withPassword(), ...ahead(60) });
    expect(complaints(far)).toEqual({ 'redis.clock': 'FAIL' });
    // However long the answer took, it is no further off than that.
    expect(far.found['redis.clock']).toMatch(/ (5\d\.\d|60\.0) seconds /);
    expect(complaints(await doctor({ REDIS_URL: withPassword(), ...ahead(5) }))).toEqual({
      'redis.clock': 'warn',
    });
  });

  it('reports a version that is too old', async () => {
    const [, version = ''] = /redis_version:(\S+)/.exec(await admin().info('server')) ?? [];
    const relay = await RewritingRelay.to(
      server.port,
      `redis_version:${version}`,
      `redis_version:6${version.slice(1)}`,
    );
    try {
      const REDIS_URL = withPassword().replace(`:${server.port}`, `:${relay.port}`);
      expect(complaints(await doctor({ REDIS_URL }))).toEqual({ 'redis.version': 'FAIL' });
    } finally {
      await relay.stop();
    }
  });

  it('reports one that stops answering', async () => {
    server.freeze();
    try {
      const examined = await doctor({ REDIS_URL: withPassword() });
      expect(examined.found['redis.reachable']).toMatch(/^FAIL .* does not answer within 3 seconds$/);
    } finally {
      server.thaw();
    }
  });
});

describe('portcullis doctor on a Redis of another machine', () => {
  it('reports that it wants no password, or is spoken to in the clear', async () => {
    const folder = await ScratchFolder.make();
    const socket = `${folder.path}/redis`;
    const server = await RedisServer.start('--appendonly', 'yes', '--unixsocket', socket);
    try {
      const starter = elsewhere(socket);
      const REDIS_URL = 'redis://192.0.2.1:7000';
      const open = await doctor({ REDIS_URL }, { starter });
      expect(complaints(open)).toEqual({ 'redis.password': 'FAIL' });
      await server.connect().config('SET', 'requirepass', PASSWORD);
      const clear = await doctor({ REDIS_URL: REDIS_URL.replace('//', `//:${PASSWORD}@`) }, { starter });
      expect(complaints(clear)).toEqual({ 'redis.password': 'warn' });
      expect(clear.text).not.toContain(PASSWORD);
    } finally {
      await server.stop();
      await folder.remove();
    }
  });
});
