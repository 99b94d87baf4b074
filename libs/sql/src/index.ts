export { type SqliteOptions, sqlite } from './sqlite/sqlite.js';
export type { SqlStores } from './sql-stores.js';
export { StoreError } from './store-error.js';
