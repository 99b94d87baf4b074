import { NestFactory } from '@nestjs/core';
import { FactorService, PortcullisModule } from '@portcullis/auth';
import type { DatabasePlace } from '../database/database-place.js';
import { KEEP_ENTRIES, withStores } from '../database/with-stores.js';

/** Nothing is issued here, but factors are sealed as an issuer's secrets are. */
const NO_ISSUER = 'https://command.invalid';

/**
 * Works with the factors in a database. Apps read them whenever they are asked for: nothing has to be published.
 *
 * @param keyEncryptionKeys what secrets are opened with, and sealed with the first of them; none where nothing is
 * @throws Error when there is no such file, or the keys are none
 */
export function withFactors<T>(
  place: DatabasePlace,
  keyEncryptionKeys: readonly string[] | undefined,
  work: (factors: FactorService) => Promise<T>,
): Promise<T> {
  return withStores(place, async ({ factors, audit }) => {
    const issuer = { url: NO_ISSUER, ...(keyEncryptionKeys && { keyEncryptionKeys }) };
    const app = await NestFactory.createApplicationContext(
      PortcullisModule.forRoot({
        ...{ stores: { factors, audit }, audit: KEEP_ENTRIES, events: { log: false } },
        tokens: { audience: NO_ISSUER, issuer },
      }),
      { logger: false, abortOnError: false },
    );
    try {
      return await work(app.get(FactorService));
    } finally {
      await app.close();
    }
  });
}
