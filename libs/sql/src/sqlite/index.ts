export type { SqlStorage, SqlStores } from '../sql-stores.js';
export { StoreError } from '../store-error.js';
export { type SqliteOptions, sqlite } from './sqlite.js';
