import { NestFactory } from '@nestjs/core';
import {
  type IssuerRevocationDetails,
  PortcullisModule,
  type Revocation,
  RevocationService,
} from '@portcullis/auth';
import { type GivenKeys, withFeed } from '../database/change-feed.js';
import type { DatabasePlace } from '../database/database-place.js';
import { actorHere, KEEP_ENTRIES, withStores } from '../database/with-stores.js';

/**
 * Revokes all that an issuer has issued, and publishes that to the apps that follow the change feed.
 *
 * @throws Error when the change feed can't be reached; nothing is changed then
 */
export function revokeAll(
  place: DatabasePlace,
  keys: GivenKeys,
  details: IssuerRevocationDetails,
): Promise<Revocation> {
  return withStores(place, ({ revocations, audit, feed: ofDatabase }) =>
    withFeed(ofDatabase, keys, async (feed) => {
      const app = await NestFactory.createApplicationContext(
        PortcullisModule.forRoot({
          stores: { revocations, audit },
          replication: { feed },
          audit: KEEP_ENTRIES,
          events: { log: false },
        }),
        { logger: false, abortOnError: false },
      );
      try {
        return await app.get(RevocationService).revokeAll({ ...details, ...actorHere() });
      } finally {
        await app.close();
      }
    }),
  );
}
