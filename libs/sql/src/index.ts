export { type SqliteOptions, sqlite } from './sqlite/sqlite.js';
export { type PostgresConnection, type PostgresOptions, postgres } from './postgres/postgres.js';
export type { PostgresPool } from './postgres/postgres-pool.js';
export type { TableVersions } from './database.js';
export type { SqlStores } from './sql-stores.js';
export { StoreError } from './store-error.js';
export { TABLES_VERSION, tablesVersionQuery } from './tables-version.js';
