import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChangeFeed } from '@portcullis/auth';
import { RedisFailure, redisChangeFeed, redis as redisStorage } from '@portcullis/redis';
import type { Redis } from 'ioredis';
import { ChangeNotes, changeOf } from '../support/change-notes.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { RedisServer } from '../support/redis-server.js';
import { SlowRelay } from '../support/slow-relay.js';

describe('the change feed in a Redis that is no master any more', () => {
  const servers: RedisServer[] = [];
  let server: RedisServer;
  let redis: Redis;
  let feed: ChangeFeed;
  let notes: ChangeNotes;

  async function start(...settings: readonly string[]): Promise<RedisServer> {
    const started = await RedisServer.start(...settings);
    servers.push(started);
    return started;
  }
  async function begin(...settings: readonly string[]): Promise<void> {
    server = await start(...settings);
    redis = server.connect();
    feed = redisChangeFeed({ redis, stream: 'changes' });
    notes = await ChangeNotes.of(feed);
    await feed.publish(changeOf('first'));
    await notes.has('first');
    await notes.beat();
  }
  afterEach(async () => {
    await notes?.stop();
    for (const each of servers.splice(0)) await each.stop();
  });

  const connectionsSoFar = async () =>
    Number(/total_connections_received:(\d+)/.exec(await redis.info('stats'))?.[1]);

  /** The follower has looked several times, by a new connection each, and has found nothing to go by. */
  async function expectSilence(): Promise<void> {
    await expect(feed.publish(changeOf('lost'))).rejects.toThrow(RedisFailure);
    const before = await connectionsSoFar();
    await eventually(async () => (await connectionsSoFar()) > before);
    // A look that was under way when it became one may still have found a master.
    const { beats } = notes;
    const since = await connectionsSoFar();
    await eventually(async () => (await connectionsSoFar()) >= since + 3);
    expect(notes.beats).toBe(beats);
    const another = await ChangeNotes.of(feed).catch((error: unknown) => error);
    expect(another).toBeInstanceOf(RedisFailure);
  }

  async function expectAllAnew(): Promise<void> {
    await notes.hasMissed();
    await feed.publish(changeOf('later'));
    await notes.has('later');
    await notes.beat();
  }

  it.each<[string, readonly string[]]>([
    ['that answers all the same', []],
    ['that then says nothing of its data', ['--replica-serve-stale-data', 'no']],
    ['that can be written to', ['--replica-read-only', 'no']],
  ])(
    'says nothing while it is a replica with a dead link %s, and reads all anew after it',
    async (_, settings) => {
      await begin(...settings);
      await redis.replicaof('127.0.0.1', await freePort());
      await expectSilence();
      await redis.replicaof('NO', 'ONE');
      await expectAllAnew();
    },
  );

  it('says nothing while it is a replica of a living master either', async () => {
    await begin();
    const main = await start('--replicaof', '127.0.0.1', `${server.port}`);
    const isLinked = async (replica: Redis) =>
      (await replica.info('replication')).includes('master_link_status:up');
    await eventually(() => isLinked(main.connect()));
    await main.connect().replicaof('NO', 'ONE');
    await redis.replicaof('127.0.0.1', main.port);
    await eventually(() => isLinked(redis));
    await expectSilence();
    await redis.replicaof('NO', 'ONE');
    await expectAllAnew();
  });

  it('says nothing while a master refuses changes for want of replicas, and misses nothing after it', async () => {
    await begin();
    await redis.config('SET', 'min-replicas-to-write', 1);
    await expectSilence();
    await redis.config('SET', 'min-replicas-to-write', 0);
    await notes.beat();
    expect(notes.misses).toBe(0);
  });

  it('goes on where a master refuses changes because it can not save: nobody publishes any', async () => {
    await begin('--enable-protected-configs', 'yes', '--save', '3600 1');
    const [, folder = ''] = (await redis.config('GET', 'dir')) as string[];
    await mkdir(join(folder, 'taken'));
    await redis.config('SET', 'dbfilename', 'taken');
    await redis.bgsave();
    await eventually(async () => (await redis.info('persistence')).includes('last_bgsave_status:err'));
    await expect(feed.publish(changeOf('lost'))).rejects.toThrow('MISCONF');
    await notes.beat();
    await notes.beat();
    expect(notes.misses).toBe(0);
  });

  it('is as fresh as the question was asked, however late the answer comes', async () => {
    const LATE_MS = 40;
    server = await start();
    const relay = await SlowRelay.to(server.port);
    const opened = redisStorage({ url: `redis://127.0.0.1:${relay.port}`, keyPrefix: 'parcels' }).open({
      name: undefined,
    });
    let age = 0;
    const stop = await opened.feed?.follow({
      changed: () => {},
      missed: () => {},
      upToDate: (asOf = performance.now()) => {
        age = performance.now() - asOf;
      },
    });
    relay.delayMs = LATE_MS;
    // It is read, and then looked at, one after the other.
    await eventually(() => age > 2 * LATE_MS - 4);
    await stop?.();
    await opened.close();
    await relay.stop();
  });

  it('publishes to the new master, where the name in a URL leads to it', async () => {
    await begin();
    const next = await start();
    const relay = await SlowRelay.to(server.port);
    const opened = redisStorage({ url: `redis://127.0.0.1:${relay.port}`, keyPrefix: 'parcels' }).open({
      name: undefined,
    });
    await opened.feed?.publish(changeOf('before'));
    await redis.replicaof('127.0.0.1', await freePort());
    relay.target = next.port;
    const published = () =>
      opened.feed?.publish(changeOf('after')).then(
        () => true,
        () => false,
      );
    await eventually(async () => (await published()) === true);
    // One that was given up for late may have come all the same.
    expect(await next.connect().xlen('parcels:changes')).toBeGreaterThan(0);
    await opened.close();
    await relay.stop();
  });
});
