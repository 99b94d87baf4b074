import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BanRecord, Change, ChangeFollower, Revocation } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';
import { AnyPostgres } from '../support/any-postgres.js';
import { eventually } from '../support/eventually.js';
import { program } from '../support/program.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const DAY = 86_400_000;
const change = (id: string): Change => ({ kind: 'api-keys', ids: [id] });
const revocation = (id: string, details: Partial<Revocation> = {}): Revocation =>
  ({
    ...{ id, type: 'token', tokenId: `token ${id}`, issuer: 'https://api.example', reason: 'stolen' },
    ...{ revokedAt: Date.now(), expiresAt: Date.now() + DAY, ...details },
  }) as Revocation;

/** Notes what a feed delivers. */
async function follow({ feed }: SqlStores, further: Partial<ChangeFollower> = {}) {
  const notes = { delivered: [] as string[], misses: 0, stop: async () => {} };
  notes.stop = await feed.follow({
    changed: (delivered) => void notes.delivered.push(JSON.stringify(delivered)),
    missed: () => void notes.misses++,
    upToDate: () => {},
    ...further,
  });
  return notes;
}

const kept = ({ revocations }: SqlStores) => revocations.findSince(0, 100);

describe.each(['SQLite', 'PostgreSQL'] as const)('in %s', (engine) => {
  let server: AnyPostgres | undefined;
  let folder: ScratchFolder;
  let place: string;
  let opened: SqlStores[];
  beforeAll(async () => {
    if (engine === 'PostgreSQL') server = await AnyPostgres.open();
  }, 30_000);
  afterAll(() => server?.stop());
  beforeEach(async () => {
    folder = await ScratchFolder.make();
    place = server?.url ?? `${folder.path}/store.db`;
    opened = [];
  });
  afterEach(async () => {
    for (const stores of opened) await stores.close();
    if (server !== undefined) await execute('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await folder.remove();
  });

  const open = () => {
    const stores = (engine === 'PostgreSQL' ? postgres({ url: place }) : sqlite({ file: place })).open();
    opened.push(stores);
    return stores;
  };

  /** Asks the database behind the stores' back. */
  async function execute(sql: string): Promise<readonly unknown[]> {
    if (engine === 'PostgreSQL') {
      const client = new pg.Client({ connectionString: place });
      await client.connect();
      return (await client.query(sql).finally(() => client.end())).rows;
    }
    const { createClient } = await import('@libsql/client');
    const client = createClient({ url: `file:${place}` });
    try {
      return (await client.execute(sql)).rows;
    } finally {
      client.close();
    }
  }
  /** In PostgreSQL they can't be forgotten until the promised function is called. */
  async function holdOldChanges(): Promise<() => Promise<void>> {
    if (engine === 'SQLite') return async () => {};
    const client = new pg.Client({ connectionString: place });
    await client.connect();
    await client.query('BEGIN; SELECT * FROM portcullis_changes FOR UPDATE');
    return () => client.end();
  }
  const changesLeft = async () => {
    const [row] = await execute('SELECT count(*) AS count FROM portcullis_changes');
    return Number((row as { count: unknown }).count);
  };

  it('a revocation and the change that tells of it take effect together', async () => {
    const stores = open();
    const notes = await follow(open());
    await stores.feed.publishWith?.([change('1'), change('2')], (transaction) =>
      stores.revocations.save([revocation('r1')], transaction),
    );
    await eventually(() => notes.delivered.length === 2);
    expect((await kept(stores)).map(({ id }) => id)).toEqual(['r1']);
    await notes.stop();
  });

  it('so do bans that are lifted and forgotten, and neither where one of them fails', async () => {
    const stores = open();
    const notes = await follow(open());
    const banOf = (id: string): BanRecord => ({
      ...{ id, network: `192.0.2.${id}/32`, reason: '', rule: null, actor: null, offence: 1, shadow: false },
      ...{ createdAt: 1, expiresAt: Date.now() + DAY, liftedAt: null, liftedBy: null, strikes: [] },
    });
    const bans = ['1', '2', '3'].map(banOf);
    await stores.bans.save(bans);
    const end = (isFailing: boolean) =>
      stores.feed.publishWith?.([change(isFailing ? 'failing' : 'whole')], async (transaction) => {
        expect(await stores.bans.lift('1', Date.now(), null, transaction)).toMatchObject({ id: '1' });
        await stores.bans.forget('192.0.2.2/32', transaction);
        expect(await stores.bans.forgetByIds(['3'], transaction)).toBe(1);
        if (isFailing) throw new Error('no');
      });
    const active = async () =>
      (await stores.bans.list({ limit: 9, activeAt: Date.now() })).map(({ id }) => id);
    await expect(end(true)).rejects.toThrow();
    expect((await active()).toSorted()).toEqual(['1', '2', '3']);
    await end(false);
    expect(await active()).toEqual([]);
    await eventually(() => notes.delivered.length > 0);
    expect(notes.delivered).toEqual([JSON.stringify(change('whole'))]);
    await notes.stop();
  });

  it('neither takes effect where one of them fails, or the process is killed in between', async () => {
    const stores = open();
    const notes = await follow(open());
    const failing = stores.feed.publishWith?.([change('1')], async (transaction) => {
      await stores.revocations.save([revocation('r1')], transaction);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow();
    const killed = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { postgres } from '${program('@portcullis/sql/postgres')}';
         import { sqlite } from '${program('@portcullis/sql/sqlite')}';
         const [, place, revocation, change] = process.argv;
         const stores = (place.startsWith('postgres') ? postgres({ url: place }) : sqlite({ file: place })).open();
         await stores.feed.publishWith([JSON.parse(change)], async (transaction) => {
           await stores.revocations.save([JSON.parse(revocation)], transaction);
           process.kill(process.pid, 'SIGKILL');
           await new Promise(() => {});
         });`,
        place,
        JSON.stringify(revocation('r2')),
        JSON.stringify(change('2')),
      ],
      { stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: '' } },
    );
    expect(await once(killed, 'exit')).toEqual([null, 'SIGKILL']);
    await stores.feed.publish(change('3'));
    await eventually(() => notes.delivered.length > 0);
    expect(notes.delivered).toEqual([JSON.stringify(change('3'))]);
    expect(await kept(stores)).toEqual([]);
    await notes.stop();
  });

  it('a store of another database keeps its own, whatever transaction it is given', async () => {
    const stores = open();
    const elsewhere = sqlite({ file: `${folder.path}/elsewhere.db` }).open();
    opened.push(elsewhere);
    await stores.feed.publishWith?.([change('1')], (transaction) =>
      elsewhere.revocations.save([revocation('r1')], transaction),
    );
    expect(await kept(elsewhere)).toHaveLength(1);
    expect(await kept(stores)).toHaveLength(0);
  });

  it('what comes while it is found that something is missing is delivered', async () => {
    const [stores, follower] = [open(), open()];
    await stores.feed.publish(change('1'));
    let published: Promise<void> | undefined;
    // As a revocation by another instance, at the moment in which everything is read again.
    const missed = () => {
      published ??= follower.feed.publish(change('2'));
    };
    const notes = await follow(follower, { missed });
    await execute('DELETE FROM portcullis_changes');
    await eventually(() => published !== undefined);
    await published;
    await eventually(() => notes.delivered.includes(JSON.stringify(change('2'))));
    await notes.stop();
  });

  it('old changes are forgotten bit by bit, after the new one was told', async () => {
    const stores = open();
    await stores.feed.publish(change('first'));
    const old = Date.now() - DAY;
    const many =
      engine === 'PostgreSQL'
        ? 'SELECT n FROM generate_series(2, 3500) AS series (n)'
        : 'WITH RECURSIVE series (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series WHERE n < 3500) SELECT n FROM series';
    await execute(
      `INSERT INTO portcullis_changes SELECT n, ${old}, '{"kind":"old"}' FROM (${many}) AS numbers`,
    );
    await execute(`UPDATE portcullis_changes SET published_at = ${old}`);
    const another = open();
    const notes = await follow(another);
    const letGo = await holdOldChanges();
    await another.feed.publish(change('new'));
    await eventually(() => notes.delivered.length === 1);
    await letGo();
    await eventually(async () => (await changesLeft()) === 2);
    expect([notes.delivered, notes.misses]).toEqual([[JSON.stringify(change('new'))], 0]);
    await notes.stop();
  });

  it('expired revocations are forgotten bit by bit, all of them', async () => {
    const stores = open();
    const expiresAt = Date.now() - 1;
    const many = Array.from({ length: 2_500 }, (_, index) => revocation(`r${index}`, { expiresAt }));
    await stores.revocations.save([...many, revocation('alive')]);
    await stores.revocations.forgetExpiredBefore(Date.now());
    expect((await kept(stores)).map(({ id }) => id)).toEqual(['alive']);
  });

  if (engine === 'PostgreSQL') {
    it.each([1, 2, 10])('the same holds with a pool of %i that the app gives', async (max) => {
      const pool = new pg.Pool({ connectionString: place, max });
      const stores = postgres({ pool }).open();
      opened.push(stores);
      await stores.feed.publish(change('1'));
      const published: Promise<void>[] = [];
      const reload = async () => {
        await kept(stores);
        await stores.feed.publish(change('2'));
      };
      const notes = await follow(stores, { missed: () => void published.push(reload()) });
      await execute('DELETE FROM portcullis_changes');
      await eventually(() => published.length > 0);
      await Promise.all(published);
      await eventually(() => notes.delivered.includes(JSON.stringify(change('2'))));
      await notes.stop();
      await stores.close();
      await pool.end();
    });

    it('look-ups of API keys that wait hold up neither revocations nor the feed', async () => {
      const stores = open();
      await stores.apiKeys.findById('none');
      const notes = await follow(open());
      const client = new pg.Client({ connectionString: place });
      await client.connect();
      await client.query('BEGIN; LOCK TABLE portcullis_api_keys');
      try {
        const waiting = Array.from({ length: 50 }, (_, index) =>
          stores.apiKeys.findById(`k${index}`).then(
            () => 'found',
            (error: Error) => error.message,
          ),
        );
        await stores.feed.publishWith?.([change('1')], (transaction) =>
          stores.revocations.save([revocation('r1')], transaction),
        );
        await eventually(() => notes.delivered.length === 1);
        // Others of the same pool go on too.
        expect(await stores.bans.list({ limit: 1 })).toEqual([]);
        expect(new Set(await Promise.all(waiting.slice(10)))).toEqual(
          new Set(['the database takes too long']),
        );
      } finally {
        await client.end();
        await notes.stop();
      }
    }, 30_000);

    it.each([
      ['another search_path', 'SET search_path TO elsewhere'],
      ['another role', 'SET ROLE other'],
    ])(
      'a pool whose connections get %s is refused in words, and nothing is made beside it',
      async (_, sql) => {
        await execute('CREATE SCHEMA elsewhere; CREATE ROLE other SUPERUSER');
        const pool = new pg.Pool({ connectionString: place });
        pool.on('connect', (client) => void client.query(sql));
        const stores = postgres({ pool }).open();
        opened.push(stores);
        try {
          await stores.bans.list({ limit: 1 });
          await expect(stores.revocations.save([revocation('r1')])).rejects.toThrow('reach other tables');
          await expect(stores.feed.publish(change('1'))).rejects.toThrow('reach other tables');
          const made = await execute("SELECT 1 FROM pg_tables WHERE tablename = 'portcullis_revocations'");
          expect(made).toHaveLength(1);
        } finally {
          await stores.close();
          await pool.end();
          await execute(
            'DROP SCHEMA elsewhere CASCADE; REASSIGN OWNED BY other TO CURRENT_USER; DROP ROLE other',
          );
        }
      },
    );

    it('nothing is forgotten that is not over by the clock of the server', async () => {
      const stores = open();
      await stores.revocations.save([revocation('r1')]);
      await stores.revocations.forgetExpiredBefore(Date.now() + 2 * DAY);
      expect(await kept(stores)).toHaveLength(1);
    });
  }
});
