import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TABLES_VERSION } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import pg from 'pg';
import { ahead, complaints, doctor } from '../support/doctor.js';
import { elsewhere } from '../support/elsewhere.js';
import { eventually } from '../support/eventually.js';
import { PostgresServer } from '../support/postgres-server.js';
import { RewritingRelay } from '../support/rewriting-relay.js';
import { ScratchFolder } from '../support/scratch-repository.js';

const PASSWORD = 'hunter2';

/** Asks something as the superuser, on a connection of its own. */
async function ask(server: PostgresServer, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function makeTables({ url }: PostgresServer): Promise<void> {
  const stores = postgres({ url }).open();
  await stores.bans.list({ limit: 1 });
  await stores.close();
}

describe('portcullis doctor on PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start('fsync=on');
  });
  afterAll(() => server.stop());
  const asWeak = () => server.url.replace(`tester:${PASSWORD}`, 'weak:weak-horse');

  it('reports that there are no tables yet, and who may not make them', async () => {
    expect(complaints(await doctor({ DATABASE_URL: server.url }))).toEqual({ 'postgresql.tables': 'warn' });
    await ask(server, `CREATE ROLE weak LOGIN PASSWORD 'weak-horse'`);
    expect(complaints(await doctor({ DATABASE_URL: asWeak() }))).toEqual({
      'postgresql.tables': 'warn',
      'postgresql.writing': 'FAIL',
    });
    expect(await ask(server, `SELECT relname FROM pg_class WHERE relname LIKE 'portcullis%'`)).toEqual([]);
    await makeTables(server);
  });

  it('has nothing to say of one that is as it should be', async () => {
    const examined = await doctor({ DATABASE_URL: server.url });
    expect(complaints(examined)).toEqual({});
    expect(examined.code).toBe(0);
    expect(Object.keys(examined.found)).toHaveLength(11);
    expect(examined.text).not.toContain(PASSWORD);
  });

  it('reports tables that this user may not read, or not change', async () => {
    const unread = await doctor({ DATABASE_URL: asWeak() });
    expect(complaints(unread)).toEqual({ 'postgresql.tables': 'FAIL', 'postgresql.writing': 'FAIL' });
    await ask(server, 'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO weak');
    expect(complaints(await doctor({ DATABASE_URL: asWeak() }))).toEqual({});
    for (const right of ['DELETE', 'UPDATE', 'INSERT']) {
      await ask(server, `REVOKE ${right} ON portcullis_bans FROM weak`);
      const examined = await doctor({ DATABASE_URL: asWeak() });
      expect(complaints(examined)).toEqual({ 'postgresql.writing': 'FAIL' });
      expect(examined.text).not.toContain('weak-horse');
      await ask(server, `GRANT ${right} ON portcullis_bans TO weak`);
    }
  }, 60_000);

  it('reports tables of another version', async () => {
    await ask(server, `INSERT INTO portcullis_migrations VALUES (${TABLES_VERSION + 1}, 0)`);
    expect(complaints(await doctor({ DATABASE_URL: server.url }))).toEqual({ 'postgresql.tables': 'FAIL' });
    await ask(server, `DELETE FROM portcullis_migrations WHERE version >= ${TABLES_VERSION}`);
    const older = await doctor({ DATABASE_URL: server.url });
    expect(complaints(older)).toEqual({ 'postgresql.tables': 'warn' });
    expect(older.found['postgresql.tables']).toContain(
      `version ${TABLES_VERSION - 1}, and ${TABLES_VERSION} is`,
    );
    await ask(server, `INSERT INTO portcullis_migrations VALUES (${TABLES_VERSION}, 0)`);
  });

  it("reports a password that is wrong, and doesn't show it", async () => {
    const examined = await doctor({ DATABASE_URL: server.url.replace(PASSWORD, 'wrong%2Fhorse') });
    expect(Object.keys(examined.found)).toEqual(['postgresql.reachable']);
    expect(examined.found['postgresql.reachable']).toMatch(/^FAIL .* it does not let this user in$/);
    expect(examined.code).toBe(1);
    expect(examined.text).not.toMatch(/wrong|horse/);
  });

  it('reports a clock that is off', async () => {
    const far = await doctor({ DATABASE_URL: server.url, ...ahead(-60) });
    expect(complaints(far)).toEqual({ 'postgresql.clock': 'FAIL' });
    const near = await doctor({ DATABASE_URL: server.url, ...ahead(5) });
    expect(complaints(near)).toEqual({ 'postgresql.clock': 'warn' });
  });

  it('reports a version that is too old', async () => {
    const [row] = await ask(server, `SELECT current_setting('server_version_num') AS number`);
    const number = String(row?.number);
    const text = JSON.stringify(number).slice(1, -1);
    const relay = await RewritingRelay.to(Number(new URL(server.url).port), text, `12${text.slice(2)}`);
    try {
      const DATABASE_URL = server.url.replace(/:\d+\//, `:${relay.port}/`);
      expect(complaints(await doctor({ DATABASE_URL }))).toEqual({ 'postgresql.version': 'FAIL' });
    } finally {
      await relay.stop();
    }
  });
});

describe('portcullis doctor on a PostgreSQL in a wrong state', () => {
  it('reports settings that lose data, and connections that run out', async () => {
    const settings = ['full_page_writes=off', 'synchronous_commit=off', 'default_transaction_read_only=on'];
    const server = await PostgresServer.start(...settings, 'max_connections=10');
    const crowd = Array.from({ length: 5 }, () => new pg.Client({ connectionString: server.url }));
    try {
      await makeTables(server);
      await Promise.all(crowd.map((client) => client.connect()));
      // Those that have made the tables may still be on their way out.
      const [one] = crowd as [pg.Client];
      const others = `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'`;
      await eventually(async () => (await one.query(others)).rowCount === crowd.length);
      const examined = await doctor({ DATABASE_URL: server.url });
      expect(complaints(examined)).toEqual({
        'postgresql.fsync': 'FAIL',
        'postgresql.full_page_writes': 'warn',
        'postgresql.synchronous_commit': 'warn',
        'postgresql.read_only': 'warn',
        'postgresql.connections': 'warn',
      });
      expect(examined.found['postgresql.connections']).toContain('6 of 7 connections');
    } finally {
      await Promise.allSettled(crowd.map((client) => client.end()));
      await server.stop();
    }
  }, 60_000);

  it('reports a standby', async () => {
    const server = await PostgresServer.start('fsync=on');
    try {
      await makeTables(server);
      const [place] = await ask(server, 'SHOW data_directory');
      await server.kill();
      await writeFile(join(String(place?.data_directory), 'standby.signal'), '');
      await server.run();
      const examined = await doctor({ DATABASE_URL: server.url });
      expect(complaints(examined)).toEqual({ 'postgresql.read_only': 'FAIL', 'postgresql.writing': 'FAIL' });
    } finally {
      await server.stop();
    }
  }, 60_000);

  it('reports one that is spoken to in the clear beyond this machine', async () => {
    const folder = await ScratchFolder.make();
    // The server runs as another user where this one is the superuser.
    await chmod(folder.path, 0o777);
    const server = await PostgresServer.start('fsync=on', `unix_socket_directories=${folder.path}`);
    try {
      await makeTables(server);
      const { port } = new URL(server.url);
      const DATABASE_URL = server.url.replace(`127.0.0.1:${port}`, '192.0.2.1:7000');
      const examined = await doctor(
        { DATABASE_URL },
        { starter: elsewhere(`${folder.path}/.s.PGSQL.${port}`) },
      );
      expect(complaints(examined)).toEqual({ 'postgresql.encryption': 'FAIL' });
    } finally {
      await server.stop();
      await folder.remove();
    }
  }, 60_000);
});
