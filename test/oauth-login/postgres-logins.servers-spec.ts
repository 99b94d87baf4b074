import { redis } from '@portcullis/redis';
import { postgres } from '@portcullis/sql/postgres';
import { AnyPostgres } from '../support/any-postgres.js';
import { AnyRedis } from '../support/any-redis.js';
import { PATIENT } from '../support/postgres-server.js';
import { KEYS, singleSignOnHolds, TwoInstances } from './two-instances.js';

describe.each(['PostgreSQL', 'PostgreSQL and Redis'])(
  'logins by another issuer at two instances that share %s:',
  (engines) => {
    const instances = new TwoInstances();
    let server: AnyPostgres | undefined;
    let shared: AnyRedis | undefined;
    beforeAll(async () => {
      server = await AnyPostgres.open();
      const { url } = server;
      if (engines !== 'PostgreSQL') shared = await AnyRedis.open();
      const beside = shared && redis({ client: shared.connect(), keyPrefix: `${shared.namespace}sign-on` });
      await instances.start(() =>
        postgres({
          ...PATIENT,
          url,
          schema: 'sign_on_spec',
          keyEncryptionKeys: KEYS,
          ...(beside && { shared: beside }),
        }),
      );
    }, 60_000);
    afterAll(async () => {
      await instances.close();
      await server?.stop();
      await shared?.stop();
    });

    singleSignOnHolds(instances);
  },
);
