import { NestFactory } from '@nestjs/core';
import { BanExport, BanService, type ChangeFeed, PortcullisModule } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { type GivenKeys, withFeed } from '../database/change-feed.js';
import { databasePlace } from '../database/database-place.js';
import { actorHere, KEEP_ENTRIES, withStores } from '../database/with-stores.js';
import { UsageError } from '../verb.js';

/** The bans of a store, and who does something with them. */
export interface BanPlace {
  readonly bans: BanService;
  readonly lists: BanExport;
  readonly who: { readonly actor: string };
}

export const STORE = {
  store: { type: 'string' },
  schema: { type: 'string' },
  prefix: { type: 'string' },
  app: { type: 'string' },
  'key-prefix': { type: 'string' },
} as const;

export type GivenStore = GivenKeys & { readonly [name in keyof typeof STORE]?: string | undefined } & {
  /** Addresses and networks that no ban holds for. */
  readonly allowed?: string[] | undefined;
};

/**
 * Opens a store to read it, without its change feed, so that bans can be looked at while Redis is away.
 *
 * @throws {UsageError} when no store is named, or several are
 * @throws Error when there is no such file: a typing error must not make an empty database
 */
export function readBans<T>(given: GivenStore, work: (place: BanPlace) => Promise<T>): Promise<T> {
  return withStoresOf(given, (stores) => withBans(stores, undefined, given, work));
}

/**
 * Opens a store to change it, and publishes the changes to the apps that follow its change feed.
 *
 * @throws {UsageError} when no store is named, or several are, or `REDIS_URL` is none
 * @throws Error when there is no such file, or the change feed can't be reached; nothing is changed then
 */
export function changeBans<T>(given: GivenStore, work: (place: BanPlace) => Promise<T>): Promise<T> {
  return withStoresOf(given, (stores) =>
    withFeed(stores.feed, given, (feed) => withBans(stores, feed, given, work)),
  );
}

async function withStoresOf<T>(
  { store, schema, prefix }: GivenStore,
  work: (stores: SqlStores) => Promise<T>,
): Promise<T> {
  const place = await databasePlace({ file: store, schema, prefix });
  if (place === undefined)
    throw new UsageError('Name the store: --store <file>, DATABASE_URL or PORTCULLIS_STORE.');
  return withStores(place, work);
}

async function withBans<T>(
  stores: SqlStores,
  feed: ChangeFeed | undefined,
  { allowed = [] }: GivenStore,
  work: (place: BanPlace) => Promise<T>,
): Promise<T> {
  const app = await NestFactory.createApplicationContext(
    PortcullisModule.forRoot({
      stores: { bans: stores.bans, audit: stores.audit },
      ...(feed !== undefined && { replication: { feed } }),
      bans: { ...KEEP_EVERYTHING, allowed },
      audit: KEEP_ENTRIES,
      events: { log: false },
    }),
    { logger: false, abortOnError: false },
  );
  try {
    return await work({ bans: app.get(BanService), lists: app.get(BanExport), who: actorHere() });
  } finally {
    await app.close();
  }
}

/** What is forgotten, the app decides, by options that are not known here. */
const KEEP_EVERYTHING = { forgetAfterSeconds: 31_536_000, maxBansByRules: Number.MAX_SAFE_INTEGER };
