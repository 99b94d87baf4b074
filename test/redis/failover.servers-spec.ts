import { redisChangeFeed } from '@portcullis/redis';
import { ChangeNotes, changeOf } from '../support/change-notes.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';

describe('the change feed in Redis that Sentinels watch', () => {
  const servers: RedisServer[] = [];
  const kept = async (starting: Promise<RedisServer>) => {
    const server = await starting;
    servers.push(server);
    return server;
  };
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  it('says that something may be missing after a failover, and goes on with the new server', async () => {
    const main = await kept(RedisServer.start());
    const replica = await kept(RedisServer.start('--replicaof', '127.0.0.1', `${main.port}`));
    const mainly = main.connect();
    await eventually(async () => String(await mainly.info('replication')).includes('state=online'));
    const sentinel = await kept(main.startSentinel());
    const watch = sentinel.connect();
    await eventually(async () =>
      String(await watch.call('SENTINEL', 'replicas', 'main')).includes(`${replica.port}`),
    );

    const redis = sentinel.connect({
      ...{ sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'main' },
      ...{ retryStrategy: () => 50, sentinelRetryStrategy: () => 50 },
    });
    const feed = redisChangeFeed({ redis, stream: 'changes' });
    const notes = await ChangeNotes.of(feed);
    await feed.publish(changeOf('first'));
    await notes.has('first');
    await notes.beat();
    expect(notes.misses).toBe(0);

    await main.kill();
    const published = () =>
      feed.publish(changeOf('later')).then(
        () => true,
        () => false,
      );
    await eventually(published);
    await notes.hasMissed();
    await feed.publish(changeOf('last'));
    await notes.has('last');
    await notes.beat();
    await notes.stop();
  }, 60_000);
});
