import type { ChangeFeed } from '@portcullis/auth';
import { RedisFailure, redisChangeFeed } from '@portcullis/redis';
import type { Redis } from 'ioredis';
import { ChangeNotes, changeOf } from '../support/change-notes.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';

const STREAM = 'parcels:changes';
/** In milliseconds: two seconds of patience, on a slow machine. What has none waits for as long as Redis is away. */
const SOON = 10_000;

/** What a publication comes to, and after how many milliseconds. */
async function outcomeOf(publication: Promise<void>): Promise<{ error: unknown; took: number }> {
  const begin = performance.now();
  const error = await publication.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, took: performance.now() - begin };
}

describe('the change feed in Redis, when something happens to Redis', () => {
  let server: RedisServer;
  let redis: Redis;
  let feed: ChangeFeed;
  let notes: ChangeNotes;

  async function begin(...settings: readonly string[]): Promise<void> {
    server = await RedisServer.start(...settings);
    redis = server.connect({ retryStrategy: () => 50, maxRetriesPerRequest: null });
    feed = redisChangeFeed({ redis, stream: STREAM });
    notes = await ChangeNotes.of(feed);
    await feed.publish(changeOf('first'));
    await notes.has('first');
  }
  afterEach(async () => {
    await notes?.stop();
    await server?.stop();
  });

  /** The ids of the connections that followers read over. */
  const readers = async (): Promise<string[]> => {
    const list = String(await redis.client('LIST'));
    const ids = list.split('\n').filter((line) => /cmd=(xread|eval) /.test(line));
    return ids.map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '');
  };

  it('delivers what is published while a follower has lost its connection, and that nothing was missed', async () => {
    await begin();
    for (let round = 0; round < 10; round++) {
      await eventually(async () => (await readers()).length === 1);
      const [reader = ''] = await readers();
      await redis.client('KILL', 'ID', reader);
      for (let number = 0; number < 10; number++) await feed.publish(changeOf(`${round} ${number}`));
      await notes.has(`${round} 9`);
    }
    const ids = new Set(notes.ids);
    expect(ids.size).toBe(101);
    await notes.beat();
    expect(notes.misses).toBe(0);
  });

  it('says that something may be missing when Redis was killed and has lost its data, and goes on', async () => {
    await begin();
    await server.kill();
    const { beats } = notes;
    expect((await outcomeOf(feed.publish(changeOf('lost')))).error).toBeInstanceOf(RedisFailure);
    // One may have been on its way, and not one at each of the many tries since.
    expect(notes.beats).toBeLessThanOrEqual(beats + 1);
    await server.run();
    await notes.hasMissed();
    await feed.publish(changeOf('later'));
    await notes.has('later');
    await notes.beat();
  });

  it('delivers, or says that it is missing, what was published before a follower found a killed Redis again', async () => {
    await begin('--appendonly', 'yes', '--appendfsync', 'always');
    for (let round = 0; round < 3; round++) {
      const { misses } = notes;
      await server.kill();
      await server.run();
      const id = `round ${round}`;
      await eventually(() => redis.status === 'ready');
      await feed.publish(changeOf(id));
      await eventually(() => notes.ids.includes(id) || notes.misses > misses);
      // What was acknowledged before the restart may have been lost, on a disk that is not written at once.
      await eventually(() => notes.misses > misses);
      await feed.publish(changeOf(`after ${id}`));
      await notes.has(`after ${id}`);
    }
    expect(await redis.xlen(STREAM)).toBeGreaterThanOrEqual(7);
  });

  it('says that something may be missing when the stream was deleted, and goes on', async () => {
    await begin();
    await redis.del(STREAM);
    await notes.hasMissed();
    await feed.publish(changeOf('later'));
    await notes.has('later');
    await notes.beat();
    expect(notes.misses).toBe(1);
  });

  it('says so too when the stream has begun again, with lower ids', async () => {
    await begin();
    const change = JSON.stringify(changeOf('unread'));
    await redis.multi().del(STREAM).xadd(STREAM, '1-1', 'change', change).exec();
    await notes.hasMissed();
    await feed.publish(changeOf('later'));
    await notes.has('later');
  });

  it('says that something may be missing when the stream was trimmed past its place', async () => {
    await begin();
    const change = JSON.stringify(changeOf('unread'));
    await notes.beat();
    const { beats } = notes;
    await redis.multi().xadd(STREAM, '*', 'change', change).xtrim(STREAM, 'MAXLEN', 0).exec();
    await notes.hasMissed();
    // Nothing is missing once it was said that something is, and not before.
    expect(notes.beats).toBeLessThanOrEqual(beats + 1);
    expect(notes.ids).not.toContain('unread');
    await feed.publish(changeOf('later'));
    await notes.has('later');
  });

  it('says so too when the stream outgrows a small limit while a follower is away', async () => {
    await begin();
    const small = redisChangeFeed({ redis, stream: STREAM, maxLength: 1 });
    const [reader = ''] = await readers();
    const multi = redis.multi().client('KILL', 'ID', reader);
    for (let number = 0; number < 1_000; number++)
      multi.xadd(STREAM, 'MAXLEN', '~', 1, '*', 'change', JSON.stringify(changeOf(`${number}`)));
    await multi.exec();
    await notes.hasMissed();
    for (let number = 0; number < 300; number++) await small.publish(changeOf(`later ${number}`));
    await notes.has('later 299');
    expect(await redis.xlen(STREAM)).toBeLessThan(200);
  });

  it.each([
    ['no JSON', 'change', '{"kind":'],
    ['what has no kind', 'change', '{"ids":["s1"]}'],
    ['a kind that is no text', 'change', '{"kind":7}'],
    ['null', 'change', 'null'],
    ['another form of entry', 'packed', 'x'],
  ])('takes %s for something that is missing, and goes on', async (_, field, text) => {
    await begin();
    await redis.xadd(STREAM, '*', field, text);
    await feed.publish(changeOf('later'));
    await notes.has('later');
    expect(notes.misses).toBe(1);
    expect(notes.ids).toEqual(['first', 'later']);
  });

  it('carries a kind that it has never heard of as it is', async () => {
    await begin();
    await redis.xadd(STREAM, '*', 'change', '{"kind":"sessions","ids":["s1"]}');
    await notes.has('sessions');
    expect(notes.misses).toBe(0);
  });

  it.each<
    [string, { enableOfflineQueue?: boolean; maxRetriesPerRequest?: null; retryStrategy?: () => number }]
  >([
    ['that gives up', {}],
    ['that queues commands for ever', { maxRetriesPerRequest: null, retryStrategy: () => 50 }],
    ['that queues nothing', { enableOfflineQueue: false, retryStrategy: () => 50 }],
  ])(
    'refuses to publish over a connection %s while Redis is away, and does it again later',
    async (_, options) => {
      await begin();
      const other = server.connect(options);
      await eventually(() => other.status === 'ready');
      const publisher = redisChangeFeed({ redis: other, stream: STREAM });
      await server.kill();
      const { error, took } = await outcomeOf(publisher.publish(changeOf('away')));
      expect(error).toBeInstanceOf(RedisFailure);
      expect(took).toBeLessThan(SOON);
      await server.run();
      await eventually(
        async () => (await outcomeOf(publisher.publish(changeOf('back')))).error === undefined,
      );
      await eventually(() => notes.ids.includes('back') || notes.misses > 0);
    },
  );

  it('lets no more than a hundred publications wait for a Redis that is away', async () => {
    await begin();
    await server.kill();
    await Promise.allSettled(Array.from({ length: 150 }, () => feed.publish(changeOf('away'))));
    // At once: with its usual patience it would speak of an answer that does not come.
    await expect(feed.publish(changeOf('away'))).rejects.toThrow('earlier commands');
    await server.run();
    await eventually(async () => (await outcomeOf(feed.publish(changeOf('back')))).error === undefined);
  });

  it('waits for no answer of a frozen Redis, says nothing meanwhile, and delivers everything afterwards', async () => {
    await begin();
    server.freeze();
    // A beat may still have been on its way.
    const { error, took } = await outcomeOf(feed.publish(changeOf('frozen')));
    const { beats } = notes;
    expect(error).toBeInstanceOf(RedisFailure);
    expect(took).toBeLessThan(SOON);
    await outcomeOf(feed.publish(changeOf('frozen too')));
    expect(notes.beats).toBe(beats);
    server.thaw();
    await notes.beat();
    await feed.publish(changeOf('later'));
    await notes.has('later');
    expect(notes.ids.includes('frozen') || notes.misses > 0).toBe(true);
  });

  it('stops following a frozen Redis, and one that is away', async () => {
    await begin();
    server.freeze();
    const frozen = performance.now();
    await notes.stop();
    expect(performance.now() - frozen).toBeLessThan(SOON);
    server.thaw();
    notes = await ChangeNotes.of(feed);
    await server.kill();
    const { beats } = notes;
    await outcomeOf(feed.publish(changeOf('away')));
    const away = performance.now();
    await notes.stop();
    expect(performance.now() - away).toBeLessThan(SOON);
    // One may have been on its way.
    expect(notes.beats).toBeLessThanOrEqual(beats + 1);
  });

  it('delivers nothing more from the moment that it is to stop, though more has been read', async () => {
    await begin();
    let stopped: Promise<void> | undefined;
    notes.changed = () => {
      notes.ids.push('delivered');
      stopped = notes.stop();
    };
    const multi = redis.multi();
    for (let number = 0; number < 10; number++)
      multi.xadd(STREAM, '*', 'change', JSON.stringify(changeOf(`${number}`)));
    await multi.exec();
    await notes.has('delivered');
    await stopped;
    expect(notes.ids).toEqual(['first', 'delivered']);
  });

  it('has closed its connection when it has stopped', async () => {
    await begin();
    const count = async () =>
      String(await redis.client('LIST'))
        .trim()
        .split('\n').length;
    // Redis hears of an end a moment later than we do.
    await eventually(async () => (await count()) === 2);
    await notes.stop();
    await eventually(async () => (await count()) === 1);
  });

  it('refuses to follow a Redis that is away, or that does not say who it is', async () => {
    await begin();
    await redis.call('ACL', 'SETUSER', 'ada', 'on', '>pw', '~*', '+@all', '-info');
    const other = server.connect({ username: 'ada', password: 'pw', enableReadyCheck: false });
    await expect(redisChangeFeed({ redis: other, stream: STREAM }).follow(notes)).rejects.toThrow(
      RedisFailure,
    );
    await server.kill();
    await expect(feed.follow(notes)).rejects.toThrow(RedisFailure);
  });

  it('needs no more than it says of a user with an access list', async () => {
    await begin();
    const commands = ['+xadd', '+xtrim', '+xread', '+xrange', '+xrevrange', '+eval', '+info'];
    await redis.call('ACL', 'SETUSER', 'ada', 'on', '>pw', `~${STREAM}`, ...commands);
    const own = redisChangeFeed({
      redis: server.connect({ username: 'ada', password: 'pw' }),
      stream: STREAM,
    });
    await notes.stop();
    notes = await ChangeNotes.of(own);
    await own.publish(changeOf('own'));
    await notes.has('own');
    await notes.beat();
  });
});
