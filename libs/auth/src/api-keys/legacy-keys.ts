import { hash, timingSafeEqual } from 'node:crypto';
import type { NewApiKey } from './new-api-key.js';

/** What a key of another form is worth: everything that a new key for the same app would be given. */
export type LegacyKey = NewApiKey;

/** Knows the keys of another form that were given out before. Only texts that are not of our form come here. */
export interface LegacyKeys {
  /** What the key is worth; undefined for one that isn't known. From then on we know it, and don't ask again. */
  verify(key: string): Promise<LegacyKey | undefined>;
}

/** A key as the old table has it. */
export type StoredLegacyKey = LegacyKey & { readonly hash: string };

/** Compared with where the table has no such key, so that the time shows nothing: a digest of nothing anybody knows. */
const BCRYPT_OF_NOBODY = '$2b$10$mMjMgM4KsSLoIGjE9X2UJ.EBf9cMUIHeu3XqgwGrwZReY0gga1l2u';

/**
 * Keys whose bcrypt hash is in a table.
 *
 * @param find the row of a key, by whatever part of the key the table is indexed by
 * @param compare `compare(key, hash)` of any bcrypt package
 */
export function bcryptKeys(options: {
  readonly find: (key: string) => Promise<StoredLegacyKey | undefined>;
  readonly compare: (key: string, hash: string) => Promise<boolean>;
}): LegacyKeys {
  return {
    async verify(key) {
      const { hash: stored = BCRYPT_OF_NOBODY, ...worth } = (await options.find(key)) ?? {};
      const matches = await options.compare(key, stored);
      return matches && stored !== BCRYPT_OF_NOBODY ? (worth as LegacyKey) : undefined;
    },
  };
}

/**
 * Keys whose plain SHA-256, in hexadecimal, is in a table.
 *
 * @param find the row with this hash
 */
export function sha256Keys(options: {
  readonly find: (sha256: string) => Promise<StoredLegacyKey | undefined>;
}): LegacyKeys {
  return {
    async verify(key) {
      const digest = hash('sha256', key, 'hex');
      const { hash: stored = '', ...worth } = (await options.find(digest)) ?? {};
      const [expected, actual] = [Buffer.from(stored.toLowerCase()), Buffer.from(digest)];
      const matches = expected.length === actual.length && timingSafeEqual(expected, actual);
      return matches ? (worth as LegacyKey) : undefined;
    },
  };
}
