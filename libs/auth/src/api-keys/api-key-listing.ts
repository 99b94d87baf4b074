import { type PagePosition, pageLimit, positionOf, readPage } from '../page-cursor.js';
import type { ApiKeyInfo, ApiKeyQuery, ApiKeyRecord, ApiKeyState, ApiKeyStore } from './api-key.store.js';
import { infoOf } from './key-facts.js';

/** Which keys are to be listed: those that match everything given. */
export interface ApiKeyFilter extends Omit<ApiKeyQuery, 'state' | 'after' | 'limit'> {
  readonly state?: ApiKeyState;
  /** Where to go on: `nextCursor` of the page before. */
  readonly cursor?: string;
  /** At most so many, from 1 to 1000. By default 100. */
  readonly limit?: number;
}

export interface ApiKeyPage {
  /** Newest first. Fewer than the limit, or none, also where very many had to be looked through. */
  readonly keys: readonly ApiKeyInfo[];
  /** There may be more: ask for them with this. */
  readonly nextCursor?: string;
}

/**
 * The keys that match, newest first, without their hashes.
 *
 * @param now milliseconds since the epoch
 * @throws InputError when cursor or limit make no sense
 */
export async function listApiKeys(
  store: ApiKeyStore,
  { state, cursor, limit: wanted, ...rest }: ApiKeyFilter,
  now: number,
): Promise<ApiKeyPage> {
  const limit = pageLimit(wanted);
  const { appId, issuer, subject, owner, tenant } = rest;
  const query = {
    ...withoutUndefined({ appId, issuer, subject, owner, tenant }),
    ...(state !== undefined && { state: { is: state, at: now } }),
  };
  const { entries, ...page } = await readPage<ApiKeyRecord, PagePosition>(
    { after: cursor === undefined ? undefined : positionOf(cursor), limit },
    (after, most) => store.list({ ...query, ...(after && { after }), limit: most }),
  );
  return { keys: entries.map(infoOf), ...page };
}

/** What wasn't given isn't there. */
function withoutUndefined<T extends object>(value: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
