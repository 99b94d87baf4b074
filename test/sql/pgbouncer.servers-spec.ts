import type { Revocation } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { apiKeyStoreContract, changeFeedContract, revocationStoreContract } from '@portcullis/testing';
import pg from 'pg';
import { emptyTables } from '../support/empty-tables.js';
import { eventually } from '../support/eventually.js';
import { PgBouncerServer } from '../support/pgbouncer-server.js';
import { PostgresServer } from '../support/postgres-server.js';

const REVOCATION: Revocation = {
  ...{ id: 'r1', type: 'token', tokenId: 't1', issuer: 'https://api.example', reason: 'stolen' },
  ...{ revokedAt: 1, expiresAt: 9_000_000_000_000 },
};

describe('behind a PgBouncer that gives out connections by transaction', () => {
  let server: PostgresServer;
  let bouncer: PgBouncerServer;
  let opened: SqlStores[];
  let owner: pg.Pool;
  beforeAll(async () => {
    server = await PostgresServer.start();
    owner = new pg.Pool({ connectionString: server.url, max: 1 });
    bouncer = await PgBouncerServer.start(server.url);
  }, 30_000);
  afterAll(async () => {
    await owner?.end();
    await bouncer?.stop();
    await server?.stop();
  });
  beforeEach(async () => {
    opened = [];
    await emptyTables(owner, 'public');
  });
  afterEach(async () => {
    for (const stores of opened) await stores.close();
  });

  /** By its URL as it is. */
  const open = (options: { statementTimeout?: number } = {}) => {
    const stores = postgres({ url: bouncer.url, ...options }).open();
    opened.push(stores);
    return stores;
  };

  describe('revocations hold their promises', () => {
    for (const { name, verify } of revocationStoreContract) it(name, () => verify(open().revocations));
  });
  describe('API keys hold their promises', () => {
    for (const { name, verify } of apiKeyStoreContract) it(name, () => verify(open().apiKeys), 20_000);
  });
  // No NOTIFY comes through, so that everything is asked for.
  describe('the change feed holds its promises', () => {
    for (const { name, verify } of changeFeedContract)
      it(name, () => verify({ feed: open().feed, another: open().feed }), 20_000);
  });

  it('a statement is ended by the server when it takes too long, and leaves nothing behind', async () => {
    const stores = open({ statementTimeout: 300 });
    await stores.apiKeys.findById('none');
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      await client.query('BEGIN; LOCK TABLE portcullis_api_keys');
      await expect(stores.apiKeys.findById('none')).rejects.toThrow('the database takes too long');
      // While the table is still locked: what the server did not end would wait for as long.
      const waiting = 'SELECT pid FROM pg_stat_activity WHERE wait_event_type = $1';
      await eventually(async () => (await client.query(waiting, ['Lock'])).rowCount === 0);
    } finally {
      await client.end();
    }
    expect(await stores.apiKeys.findById('none')).toBeUndefined();
  });

  it('settings of one transaction do not stay on a connection that others get', async () => {
    const stores = open({ statementTimeout: 300 });
    await stores.revocations.save([REVOCATION]);
    await stores.revocations.findSince(0, 1);
    const client = new pg.Client({ connectionString: bouncer.url });
    await client.connect();
    try {
      expect((await client.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '0' }]);
    } finally {
      await client.end();
    }
  });
});
