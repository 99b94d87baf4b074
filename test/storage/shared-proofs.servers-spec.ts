import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { PATIENT, PostgresServer } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { expectOnceOnAll } from '../support/shared-proofs.js';

const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];

describe('a proof counts once on two instances, also after a restart', () => {
  let database: PostgresServer;
  let server: RedisServer;
  beforeAll(async () => {
    [database, server] = await Promise.all([PostgresServer.start(), RedisServer.start()]);
  }, 60_000);
  afterAll(() => Promise.all([database?.stop(), server?.stop()]));

  it('that share a PostgreSQL', async () => {
    await expectOnceOnAll(() =>
      postgres({ ...PATIENT, url: database.url, schema: 'one', keyEncryptionKeys }),
    );
  }, 30_000);

  it('that share a Redis', async () => {
    const shared = () => redis({ url: server.url, keyPrefix: 'parcels' });
    await expectOnceOnAll(() =>
      postgres({ ...PATIENT, url: database.url, schema: 'two', keyEncryptionKeys, shared: shared() }),
    );
    expect(await server.connect().keys('parcels:used:*')).toHaveLength(3);
  }, 30_000);
});
