import { postgres, type SqlStores } from '@portcullis/sql';
import { banStoreContract } from '@portcullis/testing';
import { describeWithPostgres, PostgresServer } from '../support/postgres-server.js';

describeWithPostgres('the ban store in PostgreSQL', () => {
  let server: PostgresServer;
  let stores: SqlStores;
  let count = 0;
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 30_000);
  afterAll(() => server?.stop());
  beforeEach(() => {
    stores = postgres({ url: server.url }, { schema: `contract ${++count}` });
  });
  afterEach(() => stores.close());

  for (const { name, verify } of banStoreContract) {
    it(name, () => verify(stores.bans), 20_000);
  }
});
