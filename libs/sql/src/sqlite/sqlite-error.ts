import { StoreError } from '../store-error.js';

const CAUSES: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'somebody else has been changing the database for too long',
  SQLITE_READONLY: 'the database can only be read',
  SQLITE_FULL: 'the disk is full',
  SQLITE_CANTOPEN: 'the database can not be opened',
  EACCES: 'the file or its folder is closed to this user',
  ENOENT: 'its folder can not be made',
  ENOTDIR: 'its folder is a file',
  EROFS: 'the disk can only be read',
  SQLITE_NOTADB: 'the file is not a database',
  SQLITE_CORRUPT: 'the database is damaged',
  SQLITE_IOERR: 'the disk fails',
  CLIENT_CLOSED: 'the stores are closed',
};

/** The code of an error of Node or of the driver; empty where there is none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Whether somebody else was in the way, so that it may work later. */
export function isBusy(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_BUSY';
}

/** @param purpose what "Could not …" */
export function storeErrorOf(purpose: string, cause: unknown): StoreError {
  return new StoreError(`Could not ${purpose}: ${explain(cause)}`, { cause });
}

/** @param file is named, because whoever starts an app may have mistyped it */
export function openErrorOf(file: string, cause: unknown): StoreError {
  return new StoreError(`${file} can not be opened: ${explain(cause)}`, { cause });
}

function explain(error: unknown): string {
  if (error instanceof StoreError) return error.message;
  const code = codeOf(error);
  return CAUSES[code] ?? `the database refuses it (${code || 'unknown error'})`;
}
