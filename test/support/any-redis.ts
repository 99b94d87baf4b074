import { randomUUID } from 'node:crypto';
import { RedisConnections } from './redis-connections.js';
import { RedisServer } from './redis-server.js';

/** For tests that leave their Redis alone: the one at `REDIS_URL`, or one of their own where the environment names none. */
export class AnyRedis extends RedisConnections {
  /** What the names of a test's keys begin with. All keys that have it in their name are gone when the test is over. */
  readonly namespace = `portcullis-test-${randomUUID()}:`;

  private constructor(
    url: string,
    private readonly own: RedisServer | undefined,
  ) {
    super(url);
  }

  static async open(): Promise<AnyRedis> {
    const url = process.env.REDIS_URL;
    const own = url ? undefined : await RedisServer.start();
    const redis = new AnyRedis(url || (own as RedisServer).url, own);
    await redis.answers();
    return redis;
  }

  async stop(): Promise<void> {
    const redis = this.connect();
    for await (const keys of redis.scanStream({ match: `*${this.namespace}*`, count: 1_000 }))
      if (keys.length > 0) await redis.unlink(keys);
    this.disconnect();
    await this.own?.stop();
  }
}
