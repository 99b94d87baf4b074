import { LATEST, versionQuery } from './migrations.js';

/** The version that the tables must have for this package. Older ones it brings there, newer ones it refuses. */
export const TABLES_VERSION = LATEST;

/**
 * A statement that only reads: the `version` of the tables that are there. Without any it fails.
 *
 * @param tablePrefix `portcullis_` by default
 */
export function tablesVersionQuery(tablePrefix = 'portcullis_'): string {
  return versionQuery((name) => `${tablePrefix}${name}`);
}
