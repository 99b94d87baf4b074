import type {
  ApiKeyStore,
  AuditStore,
  BanStore,
  ChangeFeed,
  RevocationStore,
  SigningKeyStore,
} from '@portcullis/auth';
import { SqlApiKeyStore } from './api-keys/sql-api-key.store.js';
import { SqlAuditStore } from './audit/sql-audit.store.js';
import { SqlBanStore } from './bans/sql-ban.store.js';
import { SqlChangeFeed } from './changes/sql-change-feed.js';
import type { Database, TableVersions } from './database.js';
import { SqlRevocationStore } from './revocations/sql-revocation.store.js';
import { SqlSigningKeyStore } from './signing-keys/sql-signing-key.store.js';

/** Stores that share one database. It is opened by the first call to one of them. */
export interface SqlStores {
  /** API keys, and the personal tokens of users. */
  readonly apiKeys: ApiKeyStore;
  readonly bans: BanStore;
  readonly revocations: RevocationStore;
  /** The keys that tokens are signed with, encrypted. */
  readonly signingKeys: SigningKeyStore;
  readonly audit: AuditStore;
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

/** @param pollMs how often the change feed asks for changes of others, in milliseconds */
export function sqlStores(database: Database, pollMs: number): SqlStores {
  return {
    apiKeys: new SqlApiKeyStore(database),
    bans: new SqlBanStore(database),
    revocations: new SqlRevocationStore(database),
    signingKeys: new SqlSigningKeyStore(database),
    audit: new SqlAuditStore(database),
    feed: new SqlChangeFeed(database, pollMs),
    versions: () => database.versions(),
    migrate: () => database.migrate(),
    close: () => database.close(),
  };
}
