import type { ReplaySet } from '@portcullis/auth';
import { RedisFailure, redisReplaySet } from '@portcullis/redis';
import type { Redis } from 'ioredis';
import { AnyRedis } from '../support/any-redis.js';
import { eventually } from '../support/eventually.js';
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

  it('knows one first of all that come at once, whichever instance they meet', async () => {
    const sets = [used, redisReplaySet({ redis: server.connect(), keyPrefix })];
    const uses = Array.from({ length: 100 }, (_, index) => sets[index % 2]?.firstUse('a', 60));
    expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
    expect(await sets[1]?.firstUse('a', 60)).toBe(false);
  });

  it('tells ids apart to the letter, however odd and long', async () => {
    const ids = ['', 'a', 'A', 'a ', 'a:b', 'a\0', '日本', '{a}b', '*', 'x'.repeat(100_000)];
    for (const id of ids) expect(await used.firstUse(id, 60)).toBe(true);
    for (const id of ids) expect(await used.firstUse(id, 60)).toBe(false);
    expect(await redis.keys(`*${keyPrefix}*xxx*`)).toEqual([]);
  });

  it('remembers a use for as long as it is told, and no longer', async () => {
    await used.firstUse('a', 0.05);
    await used.firstUse('b', 60);
    await eventually(() => used.firstUse('a', 60));
    expect(await used.firstUse('b', 60)).toBe(false);
    expect(await used.firstUse('b', 3_600)).toBe(false);
    for (const key of await redis.keys(`${keyPrefix}*`))
      expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses to remember for %d seconds',
    async (seconds) => {
      await expect(used.firstUse('a', seconds)).rejects.toThrow(RangeError);
    },
  );

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
