import type { ReplaySet } from '@portcullis/auth';
import { RedisFailure, redisReplaySet } from '@portcullis/redis';
import { replaySetContract } from '@portcullis/testing';
import type { Redis } from 'ioredis';
import { AnyRedis } from '../support/any-redis.js';
import { RedisServer } from '../support/redis-server.js';

describe('the replay set in Redis', () => {
  let server: AnyRedis;
  let redis: Redis;
  let keyPrefix: string;
  let used: ReplaySet;
  beforeEach(async () => {
    server = await AnyRedis.open();
    redis = server.connect();
    keyPrefix = `${server.namespace}used`;
    used = redisReplaySet({ redis, keyPrefix });
  });
  afterEach(() => server?.stop());

  for (const { name, verify } of replaySetContract) it(name, () => verify(used), 20_000);

  it('knows one first of all that come at once, whichever instance they meet', async () => {
    const sets = [used, redisReplaySet({ redis: server.connect(), keyPrefix })];
    const uses = Array.from({ length: 100 }, (_, index) => sets[index % 2]?.firstUse('a', 60));
    expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
    expect(await sets[1]?.firstUse('a', 60)).toBe(false);
  });

  it('keeps digests, and not what it is asked for', async () => {
    await used.firstUse('x'.repeat(100_000), 60);
    expect(await redis.keys(`*${keyPrefix}*xxx*`)).toEqual([]);
  });

  it('keeps nothing for longer than it is told', async () => {
    await used.firstUse('b', 60);
    await used.firstUse('b', 3_600);
    for (const key of await redis.keys(`${keyPrefix}*`))
      expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
  });

  it('says so where it can not be asked', async () => {
    const own = await RedisServer.start();
    const away = redisReplaySet({ redis: own.connect({ retryStrategy: () => 50 }), keyPrefix });
    await away.firstUse('a', 60);
    await own.kill();
    await expect(away.firstUse('b', 60)).rejects.toThrow(RedisFailure);
    await own.stop();
  });

  it('refuses options that make no sense', () => {
    expect(() => redisReplaySet({ redis, keyPrefix: '' })).toThrow(TypeError);
    expect(() => redisReplaySet({ redis } as never)).toThrow(TypeError);
    expect(() => redisReplaySet({ redis: {} as Redis, keyPrefix })).toThrow(TypeError);
  });
});
