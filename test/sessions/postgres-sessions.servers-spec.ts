import { postgres } from '@portcullis/sql/postgres';
import { AnyPostgres } from '../support/any-postgres.js';
import { PATIENT } from '../support/postgres-server.js';
import { KEYS, sessionsHold, TwoInstances } from './two-instances.js';

describe('sessions of two instances that share a PostgreSQL', () => {
  const instances = new TwoInstances();
  let server: AnyPostgres;
  beforeAll(async () => {
    server = await AnyPostgres.open();
    await instances.start(() =>
      postgres({ ...PATIENT, url: server.url, schema: 'sessions_spec', keyEncryptionKeys: KEYS }),
    );
  }, 60_000);
  afterAll(async () => {
    await instances.close();
    await server?.stop();
  });

  sessionsHold(instances);
});
