import { RedisFailure, redisLimiter } from '@portcullis/redis';
import type { Redis } from 'ioredis';
import { AnyRedis } from '../support/any-redis.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';

describe('the limiter in Redis', () => {
  let server: AnyRedis;
  let redis: Redis;
  let keyPrefix: string;
  beforeEach(async () => {
    server = await AnyRedis.open();
    redis = server.connect();
    keyPrefix = `${server.namespace}sums`;
  });
  afterEach(() => server?.stop());

  it('adds up the points of several instances, and loses none', async () => {
    const limiters = [server.connect(), server.connect()].map((redis) => redisLimiter({ redis, keyPrefix }));
    const add = async (index: number) => {
      const limiter = limiters[index % 2]!;
      return (await limiter.penalty('203.0.113.7', 2, { customDuration: 60 })).consumedPoints;
    };
    const sums: number[] = [];
    // No more at a time than a slow machine answers before they are given up.
    for (let round = 0; round < 10; round++)
      sums.push(...(await Promise.all(Array.from({ length: 50 }, (_, index) => add(index)))));
    expect(sums.toSorted((one, other) => one - other)).toEqual(sums.map((_, index) => 2 * (index + 1)));
    expect(await limiters[0]!.get('203.0.113.7')).toMatchObject({ consumedPoints: 1_000 });
    expect(await limiters[1]!.delete('203.0.113.7')).toBe(true);
    expect(await limiters[0]!.get('203.0.113.7')).toBeNull();
  });

  it('keeps each sum for as long as its first call says, and no shorter or longer', async () => {
    const limiter = redisLimiter({ redis, keyPrefix });
    const toEnd = async (key: string, options?: { customDuration: number }) =>
      Math.ceil((await limiter.penalty(key, 1, options)).msBeforeNext / 1_000);
    expect(await toEnd('a', { customDuration: 1 })).toBe(1);
    expect(await toEnd('b', { customDuration: 86_400 })).toBe(86_400);
    expect(await toEnd('c')).toBe(1);
    await toEnd('b', { customDuration: 172_800 });
    const left = (await redis.pttl(`${keyPrefix}:b`)) / 1_000;
    expect([left > 80_000, left <= 86_400]).toEqual([true, true]);
    await eventually(async () => (await limiter.get('a')) === null);
    expect(await limiter.get('b')).toMatchObject({ consumedPoints: 2 });
  });

  it('keeps a sum that never ends from being made', async () => {
    const limiter = redisLimiter({ redis, keyPrefix });
    for (const customDuration of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(limiter.penalty('a', 1, { customDuration })).rejects.toThrow(RedisFailure);
    expect(await redis.exists(`${keyPrefix}:a`)).toBe(0);
    const ends = [0.5, 1.5].map(async (customDuration) =>
      limiter.penalty(`a${customDuration}`, 1, { customDuration }),
    );
    expect((await Promise.all(ends)).map(({ msBeforeNext }) => Math.ceil(msBeforeNext / 1_000))).toEqual([
      1, 2,
    ]);
  });

  it('counts each key by itself, however odd, behind both prefixes', async () => {
    const prefixed = server.connect({ keyPrefix: 'app:' });
    const limiter = redisLimiter({ redis: prefixed, keyPrefix });
    const keys = ['a', 'A', 'a ', 'a:b', 'a\0', '日本', '{a}b', '*'];
    for (const [index, key] of keys.entries()) await limiter.penalty(key, index + 1, { customDuration: 60 });
    for (const [index, key] of keys.entries())
      expect(await limiter.get(key)).toMatchObject({ consumedPoints: index + 1 });
    const kept = await redis.keys(`*${keyPrefix}*`);
    expect(kept.filter((key) => key.startsWith(`app:${keyPrefix}:`))).toHaveLength(keys.length);
  });

  it('does not give a number that is none when the key is something else', async () => {
    const limiter = redisLimiter({ redis, keyPrefix });
    await redis.hset(`${keyPrefix}:a`, 'field', 'value');
    await expect(limiter.get('a')).rejects.toThrow(RedisFailure);
    await expect(limiter.penalty('a', 1, { customDuration: 60 })).rejects.toThrow(RedisFailure);
  });

  it('counts in a Cluster', async () => {
    const cluster = await RedisServer.startCluster();
    try {
      const limiter = redisLimiter({ redis: cluster.connectCluster(), keyPrefix });
      const keys = Array.from({ length: 20 }, (_, index) => `203.0.113.${index}`);
      for (const key of [...keys, ...keys]) await limiter.penalty(key, 1, { customDuration: 60 });
      for (const key of keys) expect(await limiter.get(key)).toMatchObject({ consumedPoints: 2 });
    } finally {
      await cluster.stop();
    }
  });
});

describe('the limiter in a Redis that gives no answer', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await RedisServer.start();
  });
  afterEach(() => server?.stop());

  it.each([
    ['is away', () => server.kill(), () => server.run()],
    ['is frozen', async () => server.freeze(), async () => server.thaw()],
  ])(
    'fails soon while Redis %s, at once when much is waiting, and counts again later',
    async (_, end, begin) => {
      const limiter = redisLimiter({
        redis: server.connect({ retryStrategy: () => 50, maxRetriesPerRequest: null }),
        keyPrefix: 'sums',
      });
      const count = () => limiter.penalty('a', 1, { customDuration: 60 });
      await count();
      await end();
      const started = performance.now();
      const outcomes = await Promise.allSettled(Array.from({ length: 150 }, count));
      // One after another they would take over a minute.
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
      await expect(count()).rejects.toThrow('earlier commands');
      await begin();
      await eventually(() =>
        count().then(
          () => true,
          () => false,
        ),
      );
    },
  );
});
