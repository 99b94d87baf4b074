import { generateKeyPairSync } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { type ChangeFeed, OAuthClients, PortcullisModule } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { type GivenKeys, withFeed } from '../database/change-feed.js';
import { DATABASE, type GivenDatabase, requiredPlace } from '../database/database-place.js';
import { actorHere, KEEP_ENTRIES, withStores } from '../database/with-stores.js';
import type { Output } from '../output.js';
import { UsageError } from '../verb.js';

/** The clients of a database, and who does something with them. */
export interface ClientPlace {
  readonly clients: OAuthClients;
  readonly who: { readonly actor: string };
}

export const PLACE = {
  ...DATABASE,
  issuer: { type: 'string' },
  'max-lifetime': { type: 'string' },
  app: { type: 'string' },
  'key-prefix': { type: 'string' },
} as const;

export type GivenPlace = GivenDatabase &
  GivenKeys & { readonly issuer?: string | undefined; readonly 'max-lifetime'?: string | undefined };

/** How long tokens live at most, in seconds, where the app says nothing else. */
const MAX_LIFETIME_SECONDS = 86_400;

/**
 * Opens a database to read it, without its change feed, so that clients can be looked at while Redis is away.
 *
 * @throws {UsageError} when no database or no issuer is named
 * @throws Error when there is no such file: a typing error must not make an empty database
 */
export async function readClients<T>(
  given: GivenPlace,
  output: Output,
  work: (place: ClientPlace) => Promise<T>,
): Promise<T> {
  const issuer = issuerOf(given.issuer);
  return withStores(await requiredPlace(given, output), (stores) => withClients(stores, { issuer }, work));
}

/**
 * Opens a database to change it, and publishes the changes to the apps that follow its change feed.
 *
 * @throws {UsageError} as {@link readClients}, or where `REDIS_URL` is none
 * @throws Error when there is no such file, or the change feed can't be reached; nothing is changed then
 */
export async function changeClients<T>(
  given: GivenPlace,
  output: Output,
  work: (place: ClientPlace) => Promise<T>,
): Promise<T> {
  const issuer = issuerOf(given.issuer);
  const maxLifetimeSeconds = secondsOf('--max-lifetime', given['max-lifetime'], 1) ?? MAX_LIFETIME_SECONDS;
  const keys = { ...given, app: given.app ?? (process.env.ISSUER || issuer) };
  return withStores(await requiredPlace(given, output), (stores) =>
    withFeed(stores.feed, keys, (feed) => withClients(stores, { issuer, maxLifetimeSeconds, feed }, work)),
  );
}

/** @throws {UsageError} when it is no whole number of seconds */
export function secondsOf(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= least) return seconds;
  throw new UsageError(`${option} must be a whole number of seconds from ${least}.`);
}

interface Circumstances {
  readonly issuer: string;
  readonly maxLifetimeSeconds?: number;
  readonly feed?: ChangeFeed;
}

async function withClients<T>(
  { oauthArtifacts, oauthClients, oauthConsents, revocations, audit }: SqlStores,
  { issuer, maxLifetimeSeconds = MAX_LIFETIME_SECONDS, feed }: Circumstances,
  work: (place: ClientPlace) => Promise<T>,
): Promise<T> {
  // Nothing is signed here: the key keeps those of the app from being asked for.
  const { privateKey } = generateKeyPairSync('ed25519');
  const signingKey = { ...privateKey.export({ format: 'jwk' }), alg: 'EdDSA' };
  const app = await NestFactory.createApplicationContext(
    PortcullisModule.forRoot({
      tokens: {
        audience: issuer,
        issuer: { url: issuer, signingKey, lifetimeSeconds: 1 },
        maxLifetimeSeconds,
      },
      stores: { oauthArtifacts, oauthClients, oauthConsents, revocations, audit },
      ...(feed !== undefined && { replication: { feed } }),
      audit: KEEP_ENTRIES,
      events: { log: false },
    }),
    { logger: false, abortOnError: false },
  );
  try {
    return await work({ clients: app.get(OAuthClients), who: actorHere() });
  } finally {
    await app.close();
  }
}

function issuerOf(text: string | undefined): string {
  const issuer = text ?? process.env.ISSUER;
  if (issuer !== undefined && URL.canParse(issuer)) return issuer;
  throw new UsageError('Name the issuer: --issuer <url>, or ISSUER in the environment.');
}
