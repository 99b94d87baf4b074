import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createClient } from '@libsql/client';
import { type SqlStores, StoreError } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import pg from 'pg';
import { portcullis, portcullisProcess } from '../support/command.js';
import { PostgresServer } from '../support/postgres-server.js';
import { ScratchFolder } from '../support/scratch-repository.js';

// Each command is a process of its own.
jest.setTimeout(120_000);

const NO_DATABASE = { DATABASE_URL: '', PORTCULLIS_STORE: '' };
const DONE = /^The database has no tables: migrated to version \d+\.$/;
const FOUND_DONE = /^The database has the tables of version \d+: nothing to do\.$/;

let folder: ScratchFolder;
beforeEach(async () => {
  folder = await ScratchFolder.make();
});
afterEach(() => folder.remove());

const migrate = (env: Record<string, string>, ...args: string[]) =>
  portcullis({ path: folder.path, env: { ...NO_DATABASE, ...env } }, 'migrate', ...args);

/** Five processes at once: one does it, the others find it done. */
async function migrateTogether(env: Record<string, string>, ...args: string[]): Promise<void> {
  const ends = await Promise.all(
    Array.from({ length: 5 }, () =>
      portcullisProcess({ path: folder.path, env: { ...NO_DATABASE, ...env } }, 'migrate', ...args),
    ),
  );
  expect(ends.map(({ code, remarks }) => ({ code, remarks }))).toEqual(
    ends.map(() => ({ code: 0, remarks: '' })),
  );
  const said = ends.flatMap(({ lines }) => lines);
  expect(said.filter((line) => DONE.test(line))).toHaveLength(1);
  expect(said.filter((line) => FOUND_DONE.test(line))).toHaveLength(4);
}

describe('portcullis migrate of a SQLite file', () => {
  const file = () => join(folder.path, 'data/portcullis.db');
  const open = (migrates: boolean) => sqlite({ file: file(), migrate: migrates }).open();
  async function withStores<T>(stores: SqlStores, work: (stores: SqlStores) => Promise<T>): Promise<T> {
    try {
      return await work(stores);
    } finally {
      await stores.close();
    }
  }
  async function execute(sql: string): Promise<void> {
    const client = createClient({ url: `file:${file()}` });
    await client.execute(sql);
    client.close();
  }

  it('is done by one of five, and makes a file for this user alone', async () => {
    await migrateTogether({}, '--file', 'data/portcullis.db');
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    await withStores(open(false), async ({ bans, versions }) => {
      expect(await bans.list({ limit: 1 })).toEqual([]);
      const { present, needed } = await versions();
      expect(present).toBe(needed);
    });
  });

  it('only says with --check which version is there and which is needed, and makes nothing', async () => {
    const missing = await migrate({}, '--file', 'data/portcullis.db', '--check');
    expect(missing).toMatchObject({ code: 1, remarks: '' });
    expect(missing.lines).toEqual([
      expect.stringMatching(/^The database has no tables; version \d+ is needed\.$/),
    ]);
    expect(existsSync(file())).toBe(false);

    await migrate({ PORTCULLIS_STORE: file() });
    expect((await migrate({ PORTCULLIS_STORE: file() }, '--check')).code).toBe(0);
    await execute('DELETE FROM portcullis_migrations WHERE version > 1');
    const older = await migrate({}, '--file', file(), '--check');
    expect(older).toMatchObject({
      code: 1,
      lines: [expect.stringContaining('the tables of version 1; version')],
    });
    await withStores(open(false), async ({ versions }) => expect((await versions()).present).toBe(1));
  });

  it('refuses a newer database, and changes nothing in it', async () => {
    await migrate({}, '--file', file());
    await execute('INSERT INTO portcullis_migrations (version, applied_at) VALUES (99, 0)');
    for (const args of [[], ['--check']]) {
      const ended = await migrate({}, '--file', file(), ...args);
      expect(ended.code).toBe(1);
      expect([...ended.lines, ended.remarks].join()).toContain('The database has the tables of version 99');
    }
    await withStores(open(true), async ({ migrate: again, versions }) => {
      expect((await versions()).present).toBe(99);
      await expect(again()).rejects.toThrow(StoreError);
    });
  });

  it('has to come first where stores are not to migrate', async () => {
    const stores = open(false);
    const text = /the database has no tables, and version \d+ is needed: run "portcullis migrate"/;
    await expect(stores.bans.list({ limit: 1 })).rejects.toThrow(text);
    expect(existsSync(file())).toBe(false);
    await migrate({}, '--file', file());
    // Without a new start.
    expect(await stores.bans.list({ limit: 1 })).toEqual([]);
    await stores.close();
    await execute('DELETE FROM portcullis_migrations WHERE version > 2');
    await withStores(open(false), ({ apiKeys }) =>
      expect(apiKeys.findById('x')).rejects.toThrow('the tables of version 2, and version'),
    );
  });

  it('leaves a file alone that is none of a database', async () => {
    await folder.write('notes.txt', 'x'.repeat(5_000));
    const ended = await migrate({}, '--file', 'notes.txt');
    expect(ended).toMatchObject({ code: 2, lines: [] });
    expect(ended.remarks).toContain('the file is not a database');
  });

  it.each([
    ['no database', {}, [], 'Name the database'],
    ['two databases', {}, ['--file', 'a', '--url', 'postgres://h/d'], 'only one of'],
    [
      'two in the environment',
      { DATABASE_URL: 'postgres://h/d', PORTCULLIS_STORE: 'a' },
      [],
      'Both DATABASE_URL',
    ],
    ['a schema of a file', {}, ['--file', 'a', '--schema', 's'], 'no schemas'],
    ['an argument too many', {}, ['data.db'], 'one argument too many'],
  ])('asks again for %s', async (_, env, args, complaint) => {
    const ended = await migrate(env as Record<string, string>, ...args);
    expect(ended.code).toBe(2);
    expect(ended.remarks).toContain(complaint);
    expect(ended.remarks).toContain('portcullis migrate [--file');
  });
});

describe('portcullis migrate of a PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);
  afterAll(() => server?.stop());

  async function execute(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  it('is done by one of five, in a schema', async () => {
    await migrateTogether({ DATABASE_URL: server.url }, '--schema', 'five at once', '--prefix', 'p_');
  });

  it('says with --check what is there, and refuses what is newer', async () => {
    const env = { DATABASE_URL: server.url };
    expect((await migrate(env, '--check')).code).toBe(1);
    expect((await migrate(env)).lines).toEqual([expect.stringMatching(DONE)]);
    expect((await migrate(env, '--check')).code).toBe(0);
    await execute('INSERT INTO portcullis_migrations (version, applied_at) VALUES (99, 0)');
    const refused = await migrate(env);
    expect(refused).toMatchObject({ code: 1, lines: [] });
    expect(refused.remarks).toMatch(/tables of version 99, and this command knows them up to version \d+/);
  });

  it('never shows the password, and says where it belongs', async () => {
    await folder.write('url', `${server.url}\n`);
    const schema = ['--schema', 'secret'];
    const open = await migrate({}, '--url', server.url, ...schema);
    expect(open).toMatchObject({ code: 0, remarks: expect.stringContaining('better use DATABASE_URL') });
    expect(await migrate({}, '--url-file', 'url', ...schema)).toMatchObject({ code: 0, remarks: '' });
    const ends = [
      open,
      await migrate({}, '--url', server.url.replace('hunter2', 'hunter2-not'), ...schema),
      await migrate({ DATABASE_URL: 'mysql://tester:hunter2@127.0.0.1/x' }),
      await migrate({ DATABASE_URL: 'postgres://tester:hunter2@127.0.0.1:1/x' }),
    ];
    expect(ends.map(({ code }) => code)).toEqual([0, 2, 2, 2]);
    expect(JSON.stringify(ends)).not.toContain('hunter2');
  });
});
