import { createHash } from 'node:crypto';
import pg from 'pg';
import { PostgresServer } from '../../../../test/support/postgres-server.js';
import { databaseOpener } from './postgres.js';
import type { PostgresDatabase } from './postgres-database.js';

describe('a PostgreSQL database', () => {
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
    database = databaseOpener({ url: server.url })();
  });
  afterEach(() => database.close());

  it('has changes come one after another, though they read first and write what they have read', async () => {
    const databases = [database, databaseOpener({ url: server.url })()];
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

  it('has tables in a schema whose name is as long as a name can be', async () => {
    const schema = '€'.repeat(21);
    const longest = databaseOpener({ url: server.url, schema })();
    await longest.migrate();
    await longest.close();
    const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    expect(rows).toHaveLength(1);
  });

  it.each([
    ['rows', 'FROM (VALUES (1, $1)) AS listed (number, text)'],
    ['no rows', 'FROM (VALUES (1, $1)) AS listed (number, text) WHERE number = 2'],
  ])('has the digest of %s that who reads them makes of their text', async (_, from) => {
    const question = ['look', ['number', 'text'], from, ['Zoë “\\u0000” 🔑']] as const;
    const text = await database.readText(...question);
    expect(await database.readDigest(...question)).toBe(createHash('sha256').update(text).digest('base64'));
  });

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
    const impatient = databaseOpener({ url: server.url, statementTimeout: 1_000 })();
    const pids: number[] = [];
    const look = async () => {
      const [row] = await impatient.read('look', ['pg_backend_pid()'], '', []);
      pids.push(Number(Object.values(row ?? {})[0]));
    };
    await look();
    process.kill(pids[0] as number, 'SIGSTOP');
    try {
      await expect(look()).rejects.toThrow('Could not look: the database takes too long');
      await look();
    } finally {
      process.kill(pids[0] as number, 'SIGCONT');
      await impatient.close();
    }
    expect(pids[1]).not.toBe(pids[0]);
  }, 30_000);
});
