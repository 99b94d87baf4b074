import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { redisChangeFeed } from '@portcullis/redis';
import { AnyRedis } from '../support/any-redis.js';
import { ChangeNotes } from '../support/change-notes.js';
import { eventually } from '../support/eventually.js';
import { repository } from '../support/pages.js';

const COUNT = 1_000;

/** A process of its own that publishes the time, one change after another, with the built package. */
const PUBLISHER = `
  import { Redis } from 'ioredis';
  import { redisChangeFeed } from '@portcullis/redis';
  const redis = new Redis(process.argv[1]);
  const feed = redisChangeFeed({ redis, stream: process.argv[2] });
  const now = () => performance.timeOrigin + performance.now();
  for (let count = 0; count < ${COUNT}; count++)
    await feed.publish({ kind: 'api-keys', ids: [count + ' ' + now()] });
  redis.disconnect();
`;

describe('the change feed in Redis between two processes', () => {
  let server: AnyRedis;
  beforeEach(async () => {
    server = await AnyRedis.open();
  });
  afterEach(() => server?.stop());

  it('delivers every change, in order, and soon', async () => {
    const took: number[] = [];
    const order: number[] = [];
    const stream = `${server.namespace}changes`;
    const notes = new ChangeNotes();
    notes.changed = (change) => {
      const [count, sent] = String((change.ids as string[] | undefined)?.[0] ?? '')
        .split(' ')
        .map(Number);
      order.push(count ?? Number.NaN);
      took.push(performance.timeOrigin + performance.now() - (sent ?? Number.NaN));
    };
    const stop = await redisChangeFeed({ redis: server.connect(), stream }).follow(notes);
    const child = spawn(process.execPath, ['--input-type=module', '-e', PUBLISHER, server.url, stream], {
      cwd: repository,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [remarks, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ remarks, code }).toEqual({ remarks: '', code: 0 });
    await eventually(() => order.length >= COUNT);
    await stop();
    expect(order).toEqual(Array.from({ length: COUNT }, (_, index) => index));
    expect(notes.misses).toBe(0);
    const sorted = took.toSorted((one, other) => one - other);
    const at = (share: number) => sorted[Math.ceil(share * COUNT) - 1]?.toFixed(2);
    process.stdout.write(
      `A change reaches another process after ${at(0.5)} ms (p50), ${at(0.99)} ms (p99), ${at(1)} ms (all)\n`,
    );
  }, 60_000);
});
