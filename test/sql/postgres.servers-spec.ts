import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { BanRecord } from '@portcullis/auth';
import { type SqlStores, StoreError, TABLES_VERSION } from '@portcullis/sql';
import { type PostgresTables, postgres } from '@portcullis/sql/postgres';
import pg from 'pg';
import { nextFrom } from '../support/child-says.js';
import { eventually } from '../support/eventually.js';
import { PostgresServer } from '../support/postgres-server.js';
import { program } from '../support/program.js';

const NOW = Date.UTC(2030, 0, 1);
const PRELUDE = `
  import { once } from 'node:events';
  import { postgres } from '${program('@portcullis/sql/postgres')}';
  const ban = (id) => ({
    ...{ id, network: '203.0.113.7/32', reason: '20 strikes', rule: 'unknown-key', actor: null, offence: 1 },
    ...{ shadow: false, createdAt: ${NOW}, expiresAt: ${NOW + 1_000}, liftedAt: null, liftedBy: null },
    strikes: [],
  });
  const { bans, close } = postgres({ url: process.argv[1], schema: process.argv[2] }).open();
`;

function banOf(id: string, details: Partial<BanRecord> = {}): BanRecord {
  return {
    ...{ id, network: '203.0.113.7/32', reason: '20 strikes', rule: 'unknown-key', actor: null, offence: 1 },
    ...{ shadow: false, createdAt: NOW, expiresAt: NOW + 1_000, liftedAt: null, liftedBy: null, strikes: [] },
    ...details,
  };
}

const manyBans = (count: number) => Array.from({ length: count }, (_, index) => banOf(`many${index}`));

async function idsIn({ bans }: SqlStores): Promise<string[]> {
  return (await bans.list({ limit: 100_000 })).map(({ id }) => id);
}

describe('stores in PostgreSQL', () => {
  let server: PostgresServer;
  let schema: string;
  let count = 0;
  let opened: SqlStores[];
  let holding: pg.Client[];
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 30_000);
  afterAll(() => server?.stop());
  beforeEach(() => {
    schema = `test ${++count}"'`;
    opened = [];
    holding = [];
  });
  afterEach(async () => {
    for (const client of holding) await client.end();
    for (const stores of opened) await stores.close();
  });

  function open(options: PostgresTables = {}, url = server.url): SqlStores {
    const stores = postgres({ url, schema, ...options }).open();
    opened.push(stores);
    return stores;
  }

  /** Asks the database behind the stores' back. */
  async function execute(sql: string): Promise<unknown[][]> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      await client.query(`SET search_path TO ${pg.escapeIdentifier(schema)}`);
      return (await client.query({ text: sql, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }

  /** Holds up, until the promised function is called or the test is over, whoever needs what is locked. */
  async function holdUp(lock = 'LOCK TABLE portcullis_bans'): Promise<() => Promise<unknown>> {
    const client = new pg.Client({ connectionString: server.url });
    holding.push(client);
    await client.connect();
    await client.query(`SET search_path TO ${pg.escapeIdentifier(schema)}; BEGIN; ${lock}`);
    return () => client.query('ROLLBACK');
  }

  /** Starts a process of its own with the stores. */
  function start(script: string) {
    const args = ['--input-type=module', '-e', `${PRELUDE}\n${script}`, server.url, schema];
    return spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } });
  }

  it('keep bans in the first schema of the search path, unless one is given', async () => {
    const stores = postgres({ url: server.url }).open();
    opened.push(stores);
    await stores.bans.save([banOf('b1')]);
    expect(await execute('SELECT id FROM public.portcullis_bans')).toEqual([['b1']]);
    await execute(
      'DROP TABLE public.portcullis_bans, public.portcullis_ban_strikes, public.portcullis_migrations',
    );
  });

  it('share a schema with stores of another table prefix without seeing them', async () => {
    const [one, other] = [open(), open({ tablePrefix: '_Tenant2' })];
    await Promise.all([one.bans.save([banOf('b1')]), other.bans.save([banOf('b2')])]);
    expect([await idsIn(one), await idsIn(other)]).toEqual([['b1'], ['b2']]);
  });

  it.each(['', '1a_', 'a-b', 'a"b', 'é_', 'a\n', 'a'.repeat(31)])(
    'refuse the table prefix %j',
    (tablePrefix) => {
      expect(() => open({ tablePrefix })).toThrow(TypeError);
    },
  );

  it.each(['', 'hunter2', 'http://u:hunter2@h/d', 'postgres://u:hunter2@h:port/d'])(
    'refuse the URL %j, and do not repeat it',
    (url) => {
      expect(() => open({}, url)).toThrow('postgres: url must be like');
      expect(() => open({}, url)).not.toThrow('hunter2');
    },
  );

  it('use a pool of the app, and leave it open and its own types alone', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 2 });
    const stores = postgres({ pool, schema }).open();
    await stores.bans.save([banOf('b1')]);
    expect((await stores.bans.findById('b1'))?.createdAt).toBe(NOW);
    await stores.close();
    await expect(stores.bans.forgetByIds(['b1'])).rejects.toThrow(
      'Could not forget bans: the stores are closed',
    );
    expect((await pool.query('SELECT 1::bigint AS big')).rows).toEqual([{ big: '1' }]);
    await pool.end();
  });

  it('end the work under way when they are closed', async () => {
    const stores = open();
    const saved = stores.bans.save(manyBans(2_000));
    await stores.close();
    await saved;
    expect(await idsIn(open())).toHaveLength(2_000);
  }, 30_000);

  it('of ten clients make a fresh schema at once', async () => {
    const clients = Array.from({ length: 10 }, () => open());
    await Promise.all(clients.map(({ bans }, index) => bans.save([banOf(`b${index}`)])));
    expect(await idsIn(open())).toHaveLength(10);
    expect(await execute('SELECT version FROM portcullis_migrations')).toEqual(
      Array.from({ length: TABLES_VERSION }, (_, index) => [index + 1]),
    );
  }, 30_000);

  it('of five processes make a fresh schema at once, and lose nothing', async () => {
    const script = `
      process.stdout.write('ready');
      await once(process.stdin, 'data');
      await Promise.all([1, 2, 3].map((index) => bans.save([ban(process.pid + ' ' + index)])));
      process.stdin.destroy();
    `;
    const children = Array.from({ length: 5 }, () => start(script));
    const remarks = Promise.all(children.map(({ stderr }) => text(stderr)));
    await Promise.all(children.map(nextFrom));
    const ends = Promise.all(children.map((child) => once(child, 'close')));
    for (const { stdin } of children) stdin.write('go');
    expect([await ends, (await remarks).join('')]).toEqual([children.map(() => [0, null]), '']);
    expect(await idsIn(open())).toHaveLength(15);
  }, 30_000);

  it('refuse a database of a newer version, and leave it as it is', async () => {
    await open().bans.save([banOf('b1')]);
    await execute(`INSERT INTO portcullis_migrations VALUES (${TABLES_VERSION + 1}, 0)`);
    const message = `tables of version ${TABLES_VERSION + 1}, and this version of @portcullis/sql knows them up to ${TABLES_VERSION} only`;
    const { bans } = open();
    await expect(bans.list({ limit: 1 })).rejects.toThrow(message);
    await expect(bans.forgetByIds(['b1'])).rejects.toThrow(message);
    expect(await execute('SELECT count(*)::int FROM portcullis_bans')).toEqual([[1]]);
  });

  it('keep a ban that was answered when the client is killed right after it', async () => {
    const child = start(`await bans.save([ban('b1')]); process.kill(process.pid, 'SIGKILL');`);
    expect((await once(child, 'close'))[1]).toBe('SIGKILL');
    expect(await idsIn(open())).toEqual(['b1']);
  }, 30_000);

  it('keep nothing of what was under way when the client is killed, and go on', async () => {
    const stores = open();
    await stores.bans.save([banOf('b1')]);
    const many = `Array.from({ length: 50_000 }, (_, index) => ban('many' + index))`;
    const child = start(`await bans.findById(''); void bans.save(${many});
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 100);`);
    expect((await once(child, 'close'))[1]).toBe('SIGKILL');
    await stores.bans.save([banOf('many1'), banOf('b2')]);
    expect(await idsIn(stores)).toEqual(['many1', 'b2', 'b1']);
  }, 30_000);

  it('lift each ban exactly once, though two clients lift them all at the same time', async () => {
    const both = [open(), open()] as const;
    const bans = manyBans(30);
    await both[0].bans.save(bans);
    const lifts = bans.flatMap(({ id }) =>
      both.map(({ bans }, index) => bans.lift(id, NOW + index, `${index}`)),
    );
    const lifted = (await Promise.all(lifts)).filter((ban) => ban !== undefined);
    expect(lifted.map(({ id }) => id).toSorted()).toEqual(bans.map(({ id }) => id).toSorted());
    for (const ban of lifted) expect(await both[1].bans.findById(ban.id)).toEqual({ ...ban, strikes: [] });
  }, 30_000);

  it('forget bans by their ids though another client forgets some of them at the same time', async () => {
    const [one, other] = [open(), open()];
    for (let round = 0; round < 6; round++) {
      const bans = manyBans(600).map((ban, index) => ({ ...ban, network: `${index % 20}` }));
      await one.bans.save(bans);
      const forgettings = Array.from({ length: 10 }, (_, index) => other.bans.forget(`${index}`));
      await Promise.all([one.bans.forgetByIds(bans.map(({ id }) => id)), ...forgettings]);
      expect(await idsIn(one)).toEqual([]);
    }
  }, 30_000);

  it('are answered while one of them saves very many bans, of which nothing is seen before the end', async () => {
    const [one, other] = [open({ statementTimeout: 30_000 }), open()];
    await one.bans.save([banOf('b1'), banOf('many9999')]);
    const goOn = await holdUp(`SELECT 1 FROM portcullis_bans WHERE id = 'many9999' FOR UPDATE`);
    let isSaved = false;
    const saved = one.bans.save(manyBans(10_000)).then(() => {
      isSaved = true;
    });
    const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`;
    await eventually(async () => (await execute(waiting)).length === 1);
    await other.bans.save([banOf('b2')]);
    expect((await idsIn(other)).toSorted()).toEqual(['b1', 'b2', 'many9999']);
    expect(isSaved).toBe(false);
    await goOn();
    await saved;
    expect(await idsIn(one)).toHaveLength(10_002);
  }, 30_000);

  it('order ids by their bytes, whatever language the database is in', async () => {
    const stores = open();
    await stores.bans.save(['a', 'B', 'b', 'A', '_', '-'].map((id) => banOf(id)));
    expect(await idsIn(stores)).toEqual(['b', 'a', '_', 'B', 'A', '-']);
    expect(await execute(`SELECT 'a' < 'B'`)).toEqual([[true]]);
  });

  it('leave nothing of a change that fails, and say nothing of what was to be kept', async () => {
    const stores = open();
    await stores.bans.save([banOf('b1')]);
    const bad = banOf('bad', { reason: 'hunter2', offence: null as unknown as number });
    const error: Error = await stores.bans.save([...manyBans(500), bad]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error.message).toBe('Could not save bans: the database refuses it (23502)');
    expect(error.cause).toMatchObject({ code: '23502' });
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
    expect(await idsIn(stores)).toEqual(['b1']);
  });

  it('do not wait for ever for somebody who is in the way', async () => {
    const [stores, impatient] = [open(), open({ statementTimeout: 1_000 })];
    await stores.bans.save([banOf('b1')]);
    await impatient.bans.findById('b1');
    const goOn = await holdUp();
    const reading = impatient.bans.findById('b1');
    await expect(impatient.bans.save([banOf('b2')])).rejects.toThrow('the database takes too long');
    await expect(reading).rejects.toThrow('Could not find a ban: the database takes too long');
    await goOn();
    expect(await idsIn(impatient)).toEqual(['b1']);
  });

  it('do not wait for ever for a connection, also of a pool that does', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    const taken = await pool.connect();
    const stores = postgres({ pool, schema, connectTimeout: 100 }).open();
    await expect(stores.bans.findById('b1')).rejects.toThrow('the database can not be reached');
    taken.release();
    expect(await stores.bans.findById('b1')).toBeUndefined();
    await stores.close();
    await pool.end();
  });

  it('fail while the server is killed under load, and go on when it is back, without a restart', async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => void rejections.push(reason);
    process.on('unhandledRejection', note);
    const pool = new pg.Pool({ connectionString: server.url });
    const clients = [open(), postgres({ pool, schema }).open()];
    for (const { bans } of clients) await bans.save([banOf('b1')]);
    let isOver = false;
    const saved: string[] = [];
    const failures: unknown[] = [];
    const load = clients.flatMap(({ bans }, client) =>
      Array.from({ length: 10 }, async (_, worker) => {
        for (let turn = 0; !isOver; turn++) {
          const id = `${client} ${worker} ${turn}`;
          await bans.save([banOf(id)]).then(
            () => saved.push(id),
            (error) => failures.push(error),
          );
          await bans.findLatest('203.0.113.7/32', false).catch((error) => failures.push(error));
        }
      }),
    );
    while (saved.length < 50) await new Promise(setImmediate);
    await server.kill();
    while (failures.length < 50) await new Promise(setImmediate);
    await server.run();
    const before = saved.length;
    while (saved.length < before + 50) await new Promise(setImmediate);
    isOver = true;
    await Promise.all(load);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(StoreError);
      expect((failure as Error).cause).toHaveProperty('message');
      expect((failure as Error).message).toContain('the database can not be reached');
      expect(inspect(failure, { depth: 9 })).not.toContain('hunter2');
    }
    // One whose answer was lost may be there as well.
    expect(await idsIn(clients[0] as SqlStores)).toEqual(expect.arrayContaining(['b1', ...saved]));
    await clients[1]?.close();
    await pool.end();
    process.off('unhandledRejection', note);
    expect(rejections).toEqual([]);
  }, 60_000);

  it('outlive that idle connections are cut, and a database that is not there', async () => {
    const stores = open();
    await stores.bans.save([banOf('b1')]);
    await server.kill();
    // The processes that serve connections take a moment to see that the one above them is gone.
    let error: Error | undefined;
    while (error === undefined)
      error = await stores.bans.findById('b1').then(
        () => undefined,
        (thrown: Error) => thrown,
      );
    expect(error.message).toBe('Could not find a ban: the database can not be reached');
    await server.run();
    expect(await idsIn(stores)).toEqual(['b1']);
    const absent = open({}, server.url.replace(/postgres$/, 'absent'));
    await expect(absent.bans.forgetByIds(['b1'])).rejects.toThrow(
      'Could not forget bans: the database does not exist',
    );
    const locked = open({}, server.url.replace('hunter2', 'Hunter3'));
    const refused: Error = await locked.bans.forgetByIds(['b1']).catch((thrown) => thrown);
    expect(refused.message).toBe('Could not forget bans: the database does not let this user in');
    expect(inspect(refused, { depth: 9 })).not.toContain('Hunter3');
  }, 30_000);
});
