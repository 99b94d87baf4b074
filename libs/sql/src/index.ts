export type { TableVersions } from './database.js';
export type { SqlStorage, SqlStorageOptions, SqlStores } from './sql-stores.js';
export { StoreError } from './store-error.js';
export { TABLE_RIGHTS, type TableRight } from './table-rights.js';
export { TABLES_VERSION, tablesVersionQuery } from './tables-version.js';
