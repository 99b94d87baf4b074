import pg from 'pg';
// biome-ignore lint/style/noRestrictedImports: what is not exported is tested here, on a real server.
import { describeWithPostgres, PostgresServer } from '../../../../test/support/postgres-server.js';
import { StoreError } from '../store-error.js';
import { postgresDatabase } from './postgres.js';
import type { PostgresDatabase } from './postgres-database.js';

/** Resolves when it holds, and fails when it does not within ten seconds. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('It did not come to that');
    await new Promise(setImmediate);
  }
}

describeWithPostgres('a PostgreSQL database', () => {
  let server: PostgresServer;
  let database: PostgresDatabase;
  let client: pg.Pool;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = new pg.Pool({ connectionString: server.url });
    client.on('error', () => {});
  }, 30_000);
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });
  beforeEach(() => {
    database = postgresDatabase({ url: server.url }, { statementTimeout: 1_000 });
  });
  afterEach(() => database.close());

  const notify = (payload: string) => client.query('SELECT pg_notify($1, $2)', ['a"b', payload]);

  it('has changes come one after another, though they read first and write what they have read', async () => {
    const databases = [database, postgresDatabase({ url: server.url }, {})];
    await database.change('make', ({ change }) => change('CREATE TABLE counts (count BIGINT)'));
    await database.change('begin', ({ change }) => change('INSERT INTO counts VALUES (0)'));
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        databases[index % 2]?.change('count', async ({ rows, change }) => {
          const [row] = await rows('SELECT count FROM counts');
          expect(typeof row?.count).toBe('number');
          await change('UPDATE counts SET count = $1', [Number(row?.count) + 1]);
        }),
      ),
    );
    expect(await database.read('look', ['count'], 'FROM counts', [])).toEqual([{ count: 40 }]);
    await databases[1]?.close();
  }, 30_000);

  it('does a change again after a deadlock, a bounded number of times', async () => {
    let tries = 0;
    const deadlock = `DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$`;
    await database.change('try', async ({ change }) => (++tries < 3 ? change(deadlock) : 0));
    expect(tries).toBe(3);
    const endless = database.change('try', ({ change }) => change(deadlock));
    await expect(endless).rejects.toThrow(
      'Could not try: somebody else has been changing the database for too long',
    );
  });

  it('does not call a change a success of which a statement has failed', async () => {
    const swallowing = database.change('try', ({ change }) => change('nonsense').catch(() => 0));
    await expect(swallowing).rejects.toThrow('Could not try: a statement has failed');
  });

  it('has on the disk what it answers, whatever the user’s setting', async () => {
    await client.query('ALTER ROLE tester SET synchronous_commit = off');
    const setting = database.change('look', ({ rows }) => rows('SHOW synchronous_commit'));
    expect(await setting).toEqual([{ synchronous_commit: 'on' }]);
    await client.query('ALTER ROLE tester RESET synchronous_commit');
  });

  it('gives up a server that does not answer any more, and its connection', async () => {
    const pids: number[] = [];
    const look = async () => {
      const [row] = await database.read('look', ['pg_backend_pid()'], '', []);
      pids.push(Number(Object.values(row ?? {})[0]));
    };
    await look();
    process.kill(pids[0] as number, 'SIGSTOP');
    try {
      await expect(look()).rejects.toThrow('Could not look: the database takes too long');
      await look();
    } finally {
      process.kill(pids[0] as number, 'SIGCONT');
    }
    expect(pids[1]).not.toBe(pids[0]);
  }, 30_000);

  it('listens, also after it was cut off, and tells of it', async () => {
    const heard: string[] = [];
    let reconnections = 0;
    const stop = await database.listen(
      'a"b',
      (payload) => heard.push(payload),
      () => reconnections++,
    );
    await notify('one');
    await until(() => heard.length === 1);
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`);
    await until(() => reconnections === 1);
    await notify('two');
    await until(() => heard.length === 2);
    await server.kill();
    await server.run();
    await until(() => reconnections === 2);
    await notify('three');
    await until(() => heard.length === 3);
    await stop();
    await notify('four');
    const { rows } = await client.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`);
    expect([heard, reconnections, rows]).toEqual([['one', 'two', 'three'], 2, []]);
  }, 30_000);

  it('stops listening while it is cut off, and says when it can not listen at all', async () => {
    const listening = [() => {}, () => {}] as const;
    const stop = await database.listen('a', ...listening);
    await server.kill();
    await stop();
    await expect(database.listen('a', ...listening)).rejects.toThrow(StoreError);
    await server.run();
  }, 30_000);
});
