import { type RedisConnection, redisChangeFeed } from '@portcullis/redis';
import { changeFeedContract } from '@portcullis/testing';
import { AnyRedis } from '../support/any-redis.js';
import { RedisServer } from '../support/redis-server.js';

describe('the change feed in Redis', () => {
  let server: AnyRedis;
  let cluster: RedisServer;
  beforeAll(async () => {
    server = await AnyRedis.open();
    cluster = await RedisServer.startCluster();
  });
  afterAll(async () => {
    await server?.stop();
    await cluster?.stop();
  });
  let streams = 0;

  describe.each([
    ['over one connection for each instance', () => [server.connect(), server.connect()] as const],
    [
      'behind a key prefix',
      () => [server.connect({ keyPrefix: 'app:' }), server.connect({ keyPrefix: 'app:' })] as const,
    ],
    [
      'over connections that a team has set up in its own way',
      () => [server.connectOddly(), server.connectOddly()] as const,
    ],
    ['of a Cluster', () => [cluster.connectCluster(), cluster.connectCluster()] as const],
  ])('%s', (_, connections) => {
    let one: RedisConnection;
    let two: RedisConnection;
    beforeAll(() => {
      [one, two] = connections();
    });

    // One after another: side by side they keep a small machine too busy for Redis to answer in time.
    it.each(changeFeedContract)('$name', async ({ verify }) => {
      const stream = `${server.namespace}changes ${streams++}`;
      await verify({
        feed: redisChangeFeed({ redis: one, stream }),
        another: redisChangeFeed({ redis: two, stream }),
      });
    });
  });
});
