/**
 * Why a service can't be used. Messages of drivers are never shown: they may quote what they were given, with its password.
 */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name can not be looked up now',
  EHOSTUNREACH: 'the host can not be reached',
  ENETUNREACH: 'the network can not be reached',
  ETIMEDOUT: 'it does not answer',
  ENOENT: 'there is no such socket',
  EACCES: 'this user may not do that',
  EROFS: 'the disk can only be read',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  '25006': 'the database can only be read',
  '28000': 'it does not let this user in',
  '28P01': 'it does not let this user in',
  '3D000': 'there is no such database',
  '42501': 'this user may not do that',
  '42P01': 'a table is missing',
  '53100': 'the disk is full',
  '53300': 'it has too many connections',
  '55P03': 'somebody else is in the way for too long',
  '57014': 'it takes too long',
  '57P03': 'it is starting or stopping',
  SQLITE_BUSY: 'somebody else has been changing it for too long',
  SQLITE_CANTOPEN: 'it can not be opened',
  SQLITE_CORRUPT: 'it is damaged',
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'the disk fails',
  SQLITE_NOTADB: 'the file is not a database',
  SQLITE_READONLY: 'it can only be read',
  NOAUTH: 'it wants a password',
  WRONGPASS: 'it does not let this user in',
  NOPERM: 'this user may not do that',
  MISCONF: 'it can not save to its disk',
  OOM: 'its memory is full',
  READONLY: 'it is a replica, which can only be read',
  LOADING: 'it is still loading its data',
};

/** In plain words, and without anything secret. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (code === '' ? 'unknown error' : `error ${code}`);
}

/** The code of an error of Node, of a driver or of Redis; empty where there is none. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('code' in error) return String(error.code);
  // An address for each family of addresses.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  // Redis says its code first.
  return error instanceof Error ? (/^(?:ERR )?([A-Z]{3,12})(?= )/.exec(error.message)?.[1] ?? '') : '';
}
