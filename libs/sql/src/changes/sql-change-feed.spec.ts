import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { jest } from '@jest/globals';
import { createClient } from '@libsql/client';
import type { Change, StopFollowing } from '@portcullis/auth';
import { changeFeedContract } from '@portcullis/testing';
import { eventually } from '../../../../test/support/eventually.js';
import { type Database, JoinableTransaction } from '../database.js';
import { type SqlStores, sqlite } from '../sqlite/index.js';
import { SqliteDatabase } from '../sqlite/sqlite-database.js';
import { SqlChangeFeed } from './sql-change-feed.js';

let folder: string;
let file: string;
let stores: SqlStores[];
const open = () => {
  const opened = sqlite({ file, pollMs: 5 }).open();
  stores.push(opened);
  return opened;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  file = join(folder, 'store.db');
  stores = [];
});
afterEach(async () => {
  await Promise.all(stores.map((each) => each.close()));
  rmSync(folder, { recursive: true });
});

async function execute(...statements: string[]): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  try {
    for (const statement of statements) await client.execute(statement);
  } finally {
    client.close();
  }
}

/** What a change feed delivers, and a way to wait for it. */
async function listenTo({ feed }: SqlStores) {
  const delivered: string[] = [];
  let wake = () => {};
  const note = (what: string) => {
    delivered.push(what);
    wake();
  };
  const stop = await feed.follow({
    changed: (change) => note(change.kind === 'api-keys' ? (change.ids as string[]).join() : change.kind),
    missed: () => note('missed'),
    upToDate: () => wake(),
  });
  const until = async (what: string) => {
    while (!delivered.includes(what)) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { delivered, until, stop };
}

const keys = (id: string): Change => ({ kind: 'api-keys', ids: [id] });

describe('the change feed in SQLite', () => {
  for (const { name, verify } of changeFeedContract) {
    it(name, () => verify({ feed: open().feed, another: open().feed }));
  }

  it('says that something is missing when it was trimmed away', async () => {
    const [one, other] = [open(), open()];
    await one.feed.publish(keys('1'));
    const { delivered, until, stop } = await listenTo(other);
    await execute('INSERT INTO portcullis_changes VALUES (4, 0, \'{"kind":"api-keys","ids":["4"]}\')');
    await until('4');
    expect(delivered).toEqual(['missed', '4']);
    await stop();
  });

  it('says that something is missing when the numbers have gone back, and goes on', async () => {
    const [one, other] = [open(), open()];
    for (const id of ['1', '2', '3']) await one.feed.publish(keys(id));
    const { delivered, until, stop } = await listenTo(other);
    await execute('DELETE FROM portcullis_changes WHERE sequence > 1');
    await until('missed');
    await one.feed.publish(keys('4'));
    await until('4');
    expect(delivered).toEqual(['missed', '4']);
    await stop();
  });

  it('says that something is missing when others have taken the numbers since', async () => {
    const [one, other] = [open(), open()];
    for (const id of ['1', '2']) await one.feed.publish(keys(id));
    const { delivered, until, stop } = await listenTo(other);
    // A backup from before, which has grown since.
    await execute(
      'DELETE FROM portcullis_changes WHERE sequence > 1',
      'INSERT INTO portcullis_changes VALUES (2, 0, \'{"kind":"api-keys","ids":["another"]}\')',
      'INSERT INTO portcullis_changes VALUES (3, 0, \'{"kind":"api-keys","ids":["3"]}\')',
    );
    await until('missed');
    await one.feed.publish(keys('4'));
    await until('4');
    expect(delivered).toEqual(['missed', '4']);
    await stop();
  });

  it.each(['{', '{"kinds":"bans"}', '{"kind":7}', 'null', '[]', '"bans"'])(
    'takes %s for something missing',
    async (text) => {
      const { delivered, until, stop } = await listenTo(open());
      await execute(`INSERT INTO portcullis_changes VALUES (1, 0, '${text}')`);
      await until('missed');
      expect(delivered).toEqual(['missed']);
      await stop();
    },
  );

  it('carries a kind that it has never heard of as it is', async () => {
    const { delivered, until, stop } = await listenTo(open());
    await execute(`INSERT INTO portcullis_changes VALUES (1, 0, '{"kind":"something new"}')`);
    await until('something new');
    expect(delivered).toEqual(['something new']);
    await stop();
  });

  it('forgets what is older than an hour, and keeps the numbers going', async () => {
    const one = open();
    await one.feed.publish(keys('1'));
    await one.feed.publish(keys('2'));
    await execute('UPDATE portcullis_changes SET published_at = 0');
    const later = open();
    const { delivered, until, stop } = await listenTo(later);
    await later.feed.publish(keys('3'));
    await until('3');
    expect(delivered).toEqual(['3']);
    const client = createClient({ url: pathToFileURL(file).href });
    const left = async () => (await client.execute('SELECT sequence FROM portcullis_changes')).rows;
    // Nobody who publishes waits for it.
    await eventually(async () => (await left()).length === 2);
    expect((await left()).map(({ sequence }) => sequence)).toEqual([2, 3]);
    client.close();
    await stop();
  });

  describe('where time has gone back', () => {
    const HOUR = 3_600_000;
    const BEHIND = /this machine's clock is 61 minutes behind the newest change in the database/;
    afterEach(() => jest.restoreAllMocks());

    const setBack = (milliseconds: number) => {
      const time = Date.now() - milliseconds;
      jest.spyOn(Date, 'now').mockImplementation(() => time);
    };

    it('is neither followed nor added to, until nothing is there that is ahead', async () => {
      await open().feed.publish(keys('1'));
      setBack(HOUR + 60_000);
      const { feed } = open();
      const keep = jest.fn(async () => {});
      await expect(listenTo(open())).rejects.toThrow(BEHIND);
      await expect(feed.publish(keys('2'))).rejects.toThrow(BEHIND);
      await expect(feed.publishWith?.([keys('3')], keep)).rejects.toThrow(BEHIND);
      expect(keep).not.toHaveBeenCalled();
      await execute('DELETE FROM portcullis_changes');
      const { delivered, until, stop } = await listenTo(open());
      await feed.publish(keys('4'));
      await until('4');
      expect(delivered).toEqual(['4']);
      await stop();
    });

    it('gives no sign of life any more to who follows it', async () => {
      const { feed } = open();
      await feed.publish(keys('1'));
      const upToDate = jest.fn();
      const stop = await feed.follow({ changed: () => {}, missed: () => {}, upToDate });
      await eventually(() => upToDate.mock.calls.length > 1);
      setBack(2 * HOUR);
      // One that was asked before may still be on its way.
      await eventually(async () => {
        const before = upToDate.mock.calls.length;
        await setTimeout(50);
        return upToDate.mock.calls.length === before;
      });
      jest.restoreAllMocks();
      const before = upToDate.mock.calls.length;
      await eventually(() => upToDate.mock.calls.length > before);
      await stop();
    });

    it('goes on by up to an hour, for which what is over is kept', async () => {
      await open().feed.publish(keys('1'));
      setBack(HOUR - 60_000);
      const { delivered, until, stop } = await listenTo(open());
      await open().feed.publish(keys('2'));
      await until('2');
      expect(delivered).toEqual(['2']);
      await stop();
    });
  });

  it('is as fresh as the question was asked, however late the answer comes', async () => {
    const LATE_MS = 40;
    let following: Promise<StopFollowing> | undefined;
    const database = new SqliteDatabase(file, 'portcullis_');
    const late = new Proxy(database, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'read') return member.bind(target);
        return async (...question: Parameters<Database['read']>) => {
          const answer = await target.read(...question);
          await setTimeout(LATE_MS);
          return answer;
        };
      },
    });
    const feed = new SqlChangeFeed(late, 1);
    const age = await new Promise<number>((resolve) => {
      const upToDate = (asOf = performance.now()) => resolve(performance.now() - asOf);
      following = feed.follow({ changed: () => {}, missed: () => {}, upToDate });
    });
    await (await following)?.();
    await database.close();
    // Timers may be a millisecond early.
    expect(age).toBeGreaterThan(LATE_MS - 2);
  });

  it('delivers nothing more once it is stopped', async () => {
    const [one, other] = [open(), open()];
    const { delivered, stop } = await listenTo(other);
    await stop();
    await one.feed.publish(keys('1'));
    expect(delivered).toEqual([]);
  });
});

it('a transaction that was lent fails with what the database says, whoever puts it in other words', async () => {
  const database = {} as Database;
  const conflict = Object.assign(new Error('could not serialize access'), { code: '40001' });
  const transaction = { change: () => Promise.reject(conflict), rows: () => Promise.reject(conflict) };
  for (const statement of ['change', 'rows'] as const) {
    const joining = async (joinable: JoinableTransaction) => {
      await JoinableTransaction.in(database, joinable)
        ?.[statement]('SELECT 1')
        .catch(() => Promise.reject(new Error('not now')));
    };
    await expect(new JoinableTransaction(database, transaction).lendTo(joining)).rejects.toBe(conflict);
  }
  const own = new Error('of its own');
  const failing = () => Promise.reject(own);
  await expect(new JoinableTransaction(database, transaction).lendTo(failing)).rejects.toBe(own);
});
