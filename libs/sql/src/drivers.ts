import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/**
 * The driver of SQLite. An app installs that of the database which it has, and loads no other.
 *
 * @throws Error when it is not installed
 */
export function libsql(): typeof import('@libsql/client') {
  return driver('sqlite', '@libsql/client');
}

/**
 * The driver of PostgreSQL.
 *
 * @throws Error when it is not installed
 */
export function pg(): typeof import('pg') {
  return driver('postgres', 'pg');
}

function driver<Driver>(caller: string, name: string): Driver {
  try {
    return require(name);
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    throw new Error(`${caller}: the package ${name} is not installed; npm install ${name}`);
  }
}

/** Not what the driver itself misses. */
function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error && 'code' in error && error.message.startsWith(`Cannot find module '${name}'`)
  );
}
