import { postgres } from '@portcullis/sql/postgres';
import { PATIENT, PostgresServer } from '../support/postgres-server.js';
import { expectSignaturesOnceOnAll } from '../support/shared-signatures.js';

let database: PostgresServer;
beforeAll(async () => {
  database = await PostgresServer.start();
}, 60_000);
afterAll(() => database?.stop());

it('a signature counts once on two instances that share a PostgreSQL, also after a restart', async () => {
  await expectSignaturesOnceOnAll(() => postgres({ ...PATIENT, url: database.url }));
}, 30_000);
