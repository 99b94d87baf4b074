import { stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { SqlStores } from '@portcullis/sql';
import type { DatabasePlace } from './database-place.js';
import { openDatabase } from './open-database.js';

/**
 * Works with the stores of a database that is there, and closes them.
 *
 * @throws Error when there is no such file: a typing error must not make an empty database
 */
export async function withStores<T>(
  place: DatabasePlace,
  work: (stores: SqlStores) => Promise<T>,
): Promise<T> {
  if ('file' in place) await refuseMissing(place.file);
  const stores = await openDatabase(place);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

/** Who does something by command, for the audit log. */
export function actorHere(): { readonly actor: string } {
  return { actor: `cli:${userName()}` };
}

/** What is forgotten of the audit log, the app decides, by options that are not known here. */
export const KEEP_ENTRIES = { retentionDays: 3_650 };

async function refuseMissing(store: string): Promise<void> {
  const found = await stat(store).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `There is no store ${store}` : error.message);
  });
  if (!found.isFile()) throw new Error(`${store} is not a file`);
}

/** In a container a user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
