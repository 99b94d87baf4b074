import type {
  AuditStore,
  ChangeFeed,
  OpeningApp,
  OpenStorage,
  ReplaySet,
  SharedStorage,
  SigningKeyStore,
  Storage,
  Stores,
} from '@portcullis/auth';
import { SqlAccountLinkStore } from './account-links/sql-account-link.store.js';
import { SqlApiKeyStore } from './api-keys/sql-api-key.store.js';
import { SqlAuditStore } from './audit/sql-audit.store.js';
import { SqlBanStore } from './bans/sql-ban.store.js';
import { SqlChangeFeed } from './changes/sql-change-feed.js';
import type { Database, TableVersions } from './database.js';
import { SqlFactorStore } from './factors/sql-factor.store.js';
import { SqlLoginTicketStore } from './login-tickets/sql-login-ticket.store.js';
import { SqlOAuthArtifactStore } from './oauth/sql-oauth-artifact.store.js';
import { SqlOAuthClientStore } from './oauth/sql-oauth-client.store.js';
import { SqlOAuthConsentStore } from './oauth/sql-oauth-consent.store.js';
import { otherAppIn } from './other-app.js';
import { SqlReplaySet } from './replays/sql-replay-set.js';
import { SqlRevocationStore } from './revocations/sql-revocation.store.js';
import { SqlSessionStore } from './sessions/sql-session.store.js';
import { SqlSharedAddressStore } from './shared-addresses/sql-shared-address.store.js';
import { SqlSigningKeyStore } from './signing-keys/sql-signing-key.store.js';

/** Stores in one database. */
export interface SqlStorage extends Storage {
  open(app?: OpeningApp): SqlStores;
}

/** What the storage of any database has besides the database. */
export interface SqlStorageOptions {
  /**
   * What the keys that tokens are signed with are encrypted with: 32 bytes each in base64, `openssl rand -base64 32`. The first one
   * encrypts, and all of them decrypt. Needed where the app issues tokens and does not configure its signing key.
   */
  readonly keyEncryptionKeys?: readonly string[];
  /** What instances share in another place: `redis()`. By default they hear of changes by the database, and count each for itself. */
  readonly shared?: SharedStorage;
}

/** Stores that share one database. It is opened by the first call to one of them. */
export interface SqlStores extends Required<Stores>, Omit<OpenStorage, keyof Stores> {
  /** The keys that tokens are signed with, encrypted. */
  readonly signingKeys: SigningKeyStore;
  readonly audit: AuditStore;
  /** Knows what was used once by any process that shares the database; where instances share a Redis, that knows it. */
  readonly replays: ReplaySet;
  /** Publishes changes to all processes that share the database. */
  readonly feed: ChangeFeed;
  /**
   * Says which version the tables have, and which one this code needs; changes nothing.
   *
   * @throws StoreError
   */
  versions(): Promise<TableVersions>;
  /**
   * Brings the tables to the version that this code needs. Stores do it by themselves, unless they were told not to.
   *
   * @returns what it found
   * @throws StoreError also when a newer version made the tables
   */
  migrate(): Promise<TableVersions>;
  /** Ends the work under way and lets go of the database; later calls fail. */
  close(): Promise<void>;
}

/**
 * @param pollMs how often the change feed asks for changes of others, in milliseconds
 * @param urgent the same database for what must not wait while others use up its connections
 */
export function sqlStores(
  database: Database,
  pollMs: number,
  { keyEncryptionKeys, shared }: SqlStorageOptions = {},
  app: OpeningApp = { name: undefined },
  urgent = database,
): SqlStores {
  const { close, warning, ...parts } = shared?.open(app) ?? {};
  return {
    feed: new SqlChangeFeed(urgent, pollMs),
    replays: new SqlReplaySet(database),
    ...parts,
    ...(keyEncryptionKeys && { keyEncryptionKeys }),
    apiKeys: new SqlApiKeyStore(database),
    bans: new SqlBanStore(database),
    sharedAddresses: new SqlSharedAddressStore(database),
    revocations: new SqlRevocationStore(urgent),
    sessions: new SqlSessionStore(database),
    factors: new SqlFactorStore(database),
    loginTickets: new SqlLoginTicketStore(database),
    oauthArtifacts: new SqlOAuthArtifactStore(database),
    oauthClients: new SqlOAuthClientStore(database),
    oauthConsents: new SqlOAuthConsentStore(database),
    accountLinks: new SqlAccountLinkStore(database),
    signingKeys: new SqlSigningKeyStore(database),
    audit: new SqlAuditStore(database),
    warning: () => warningOf(otherAppIn(database, app.name), warning?.()),
    versions: () => database.versions(),
    migrate: () => database.migrate(),
    async close() {
      try {
        await close?.();
      } finally {
        await Promise.all([...new Set([database, urgent])].map((each) => each.close()));
      }
    },
  };
}

/** What any of them warns of; what one can't say holds up no other. */
async function warningOf(...asked: (Promise<string | undefined> | undefined)[]): Promise<string | undefined> {
  const answers = await Promise.allSettled(asked);
  const warnings = answers.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []));
  const failed = answers.find((each) => each.status === 'rejected');
  if (warnings.length === 0 && failed !== undefined) throw failed.reason;
  return warnings.join(' ') || undefined;
}
