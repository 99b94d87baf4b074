import { LibsqlError } from '@libsql/client';
import { StoreError } from '../store-error.js';

const CAUSES: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'somebody else has been changing the database for too long',
  SQLITE_READONLY: 'the database can only be read',
  SQLITE_FULL: 'the disk is full',
  SQLITE_CANTOPEN: 'the database can not be opened',
  SQLITE_NOTADB: 'the file is not a database',
  SQLITE_CORRUPT: 'the database is damaged',
  SQLITE_IOERR: 'the disk fails',
  CLIENT_CLOSED: 'the stores are closed',
};

/** Whether somebody else was in the way, so that it may work later. */
export function isBusy(error: unknown): boolean {
  return error instanceof LibsqlError && error.code === 'SQLITE_BUSY';
}

/** @param purpose what "Could not …" */
export function storeErrorOf(purpose: string, cause: unknown): StoreError {
  return new StoreError(`Could not ${purpose}: ${explain(cause)}`, { cause });
}

function explain(error: unknown): string {
  if (error instanceof StoreError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return CAUSES[code] ?? `the database refuses it (${code || 'unknown error'})`;
}
