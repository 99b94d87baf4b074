export type { SqlStorage, SqlStores } from '../sql-stores.js';
export { StoreError } from '../store-error.js';
export { type PostgresConnection, type PostgresOptions, type PostgresTables, postgres } from './postgres.js';
export type { PostgresPool } from './postgres-pool.js';
