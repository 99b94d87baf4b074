import type { BanStore } from '@portcullis/auth';
import { SqlBanStore } from './bans/sql-ban.store.js';
import type { Database } from './database.js';

/** Stores that share one database. It is opened by the first call to one of them. */
export interface SqlStores {
  readonly bans: BanStore;
  /** Ends the work under way and lets go of the database; later calls fail. */
  close(): Promise<void>;
}

export function sqlStores(database: Database): SqlStores {
  return { bans: new SqlBanStore(database), close: () => database.close() };
}
