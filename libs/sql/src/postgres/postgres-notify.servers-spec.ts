import type { Change } from '@portcullis/auth';
import pg from 'pg';
import { eventually } from '../../../../test/support/eventually.js';
import { PostgresServer } from '../../../../test/support/postgres-server.js';
import { SqlChangeFeed } from '../changes/sql-change-feed.js';
import { StoreError } from '../store-error.js';
import { databaseOpener } from './postgres.js';
import type { PostgresDatabase } from './postgres-database.js';

/** Longer than any test: whoever gets something was woken. */
const NEVER_MS = 2 ** 30;
const LISTENERS = `FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`;

describe('the notifications of PostgreSQL', () => {
  let server: PostgresServer;
  let database: PostgresDatabase;
  let client: pg.Pool;
  beforeAll(async () => {
    server = await PostgresServer.start();
    client = new pg.Pool({ connectionString: server.url });
    client.on('error', () => {});
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });
  beforeEach(() => {
    database = databaseOpener({ url: server.url, tablePrefix: 'p_' })();
  });
  afterEach(() => database.close());

  const ring = () => client.query(`NOTIFY p_changes`);

  it('are heard, also after the connection was cut off, which is heard too', async () => {
    let heard = 0;
    const stop = await database.notifications.listen(() => heard++);
    await ring();
    await eventually(() => heard === 1);
    await client.query(`SELECT pg_terminate_backend(pid) ${LISTENERS}`);
    await eventually(() => heard === 2);
    await ring();
    await eventually(() => heard === 3);
    await server.kill();
    await server.run();
    await eventually(() => heard === 4);
    await ring();
    await eventually(() => heard === 5);
    await stop();
    await ring();
    // A server's process ends a moment after its connection does.
    await eventually(async () => (await client.query(`SELECT 1 ${LISTENERS}`)).rowCount === 0);
    expect(heard).toBe(5);
  });

  it('is no longer heard while it is cut off, and says when it can not be heard at all', async () => {
    const stop = await database.notifications.listen(() => {});
    await server.kill();
    await stop();
    await expect(database.notifications.listen(() => {})).rejects.toThrow(StoreError);
    await server.run();
  });

  it('wakes the change feeds of others, which would not have looked', async () => {
    const other = databaseOpener({ url: server.url, tablePrefix: 'p_' })();
    const delivered: Change[] = [];
    const feed = new SqlChangeFeed(database, NEVER_MS);
    const stop = await feed.follow({
      changed: (change) => delivered.push(change),
      missed() {},
      upToDate() {},
    });
    const changes: Change[] = [
      { kind: 'api-keys', ids: ['one'] },
      { kind: 'api-keys', ids: ['two'] },
    ];
    for (const change of changes) {
      await new SqlChangeFeed(other, NEVER_MS).publish(change);
      await eventually(() => delivered.length > changes.indexOf(change));
    }
    expect(delivered).toEqual(changes);
    await stop();
    await other.close();
  });
});
