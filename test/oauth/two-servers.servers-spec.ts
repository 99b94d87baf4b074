import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { AnyPostgres } from '../support/any-postgres.js';
import { PATIENT } from '../support/postgres-server.js';
import { RedisServer } from '../support/redis-server.js';
import { holdTogether } from './two-servers.js';

const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];

describe('two authorization servers that share', () => {
  let database: AnyPostgres;
  let server: RedisServer;
  beforeAll(async () => {
    [database, server] = await Promise.all([AnyPostgres.open(), RedisServer.start()]);
  }, 60_000);
  afterAll(() => Promise.all([database?.stop(), server?.stop()]));

  describe('a PostgreSQL', () => {
    holdTogether(() => postgres({ ...PATIENT, url: database.url, schema: 'oauth_one', keyEncryptionKeys }));
  });

  describe('a PostgreSQL and a Redis', () => {
    const open = () =>
      postgres({
        ...PATIENT,
        url: database.url,
        schema: 'oauth_two',
        keyEncryptionKeys,
        shared: redis({ url: server.url, keyPrefix: 'oauth' }),
      });
    holdTogether(open, { isCountedTogether: true });
  });
});
