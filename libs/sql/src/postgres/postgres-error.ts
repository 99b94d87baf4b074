import { StoreError } from '../store-error.js';

const UNREACHABLE = 'the database can not be reached';
const IN_THE_WAY = 'somebody else has been changing the database for too long';

const CAUSES: Readonly<Record<string, string>> = {
  '25006': 'the database can only be read',
  '28000': 'the database does not let this user in',
  '28P01': 'the database does not let this user in',
  '3D000': 'the database does not exist',
  '3F000': 'no schema is there for the tables',
  '40001': IN_THE_WAY,
  '40P01': IN_THE_WAY,
  '42501': 'this user may not do that',
  '53100': 'the disk is full',
  '53300': 'the database has too many connections',
  '55P03': IN_THE_WAY,
  '57014': 'the database takes too long',
  '57P01': UNREACHABLE,
  '57P02': UNREACHABLE,
  '57P03': UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  ECONNREFUSED: UNREACHABLE,
  ECONNRESET: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ENOENT: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EPIPE: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
};

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** Whether another transaction was in the way, so that the same work may succeed when it is done again. */
export function isInTheWay(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error));
}

/** Whether the server has answered, and so the connection goes on. */
export function isAnswer(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(codeOf(error)) && !/^(08|57P)/.test(codeOf(error)) && codeOf(error) !== 'EPIPE';
}

/** @param purpose what "Could not …" */
export function storeErrorOf(purpose: string, cause: unknown): StoreError {
  if (typeof cause === 'object' && cause !== null) {
    // They quote what was to be kept, and loggers print them.
    for (const name of ['detail', 'where', 'internalQuery', 'client']) Reflect.deleteProperty(cause, name);
  }
  return new StoreError(`Could not ${purpose}: ${explain(cause)}`, { cause });
}

function explain(error: unknown): string {
  if (error instanceof StoreError) return error.message;
  const code = codeOf(error);
  const known = CAUSES[code] ?? (code.startsWith('08') ? UNREACHABLE : undefined);
  if (known !== undefined) return known;
  // The driver's own errors have no code.
  if (code === '') {
    if (/read timeout/i.test(String(error))) return 'the database takes too long';
    if (/connect|queryable/i.test(String(error))) return UNREACHABLE;
  }
  return `the database refuses it (${code || 'unknown error'})`;
}
