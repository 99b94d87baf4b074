import { detachedCopy } from '../net/detached-copy.js';
import { RecentlyUsed } from '../recently-used.js';
import { parseStrictJsonObject } from './strict-json.js';

/** A JWS in compact serialization (RFC 7515 section 3.1), taken apart and not yet believed. */
export interface CompactJws {
  readonly header: JoseHeader;
  readonly claims: Record<string, unknown>;
  /** What is signed: header and payload as they were sent. */
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** The parameters that mean something here. `jku`, `jwk`, `x5u` and `x5c` name keys from outside and are not even read. */
export interface JoseHeader {
  readonly alg: string;
  readonly typ: string | undefined;
  readonly kid: string | undefined;
}

/** Why a token can't be read, in words that hold nothing of the token. */
export class MalformedTokenError extends Error {
  override readonly name = 'MalformedTokenError';
}

/**
 * Takes a token apart, strictly: base64url in its one spelling, JSON that every parser reads alike.
 *
 * @throws MalformedTokenError
 */
export function parseCompactJws(token: string): CompactJws {
  const parts = token.split('.');
  if (parts.length !== 3) throw new MalformedTokenError('not three parts');
  const [header, payload, signature] = parts as [string, string, string];
  return {
    header: headerIn(header),
    claims: parseJson(payload, 'payload'),
    signingInput: token.slice(0, header.length + 1 + payload.length),
    signature: decodeBase64Url(signature),
  };
}

/** Good headers by their text: an issuer has one for each of its keys. */
const HEADERS = new RecentlyUsed<JoseHeader>(1_000);
/** In characters; a longer one is read each time. */
const LONGEST_REMEMBERED = 300;

function headerIn(text: string): JoseHeader {
  const known = HEADERS.get(text);
  if (known !== undefined) return known;
  const header = readHeader(parseJson(text, 'header'));
  if (text.length <= LONGEST_REMEMBERED) HEADERS.set(detachedCopy(text), header);
  return header;
}

function readHeader(header: Record<string, unknown>): JoseHeader {
  const { alg, typ, kid, crit, b64 } = header;
  // No extension is understood here, so any that must be is a reason to refuse (RFC 7515 section 4.1.11).
  if (crit !== undefined || b64 !== undefined) throw new MalformedTokenError('the header has crit or b64');
  if (typeof alg !== 'string') throw new MalformedTokenError('alg is not a text');
  if (typ !== undefined && typeof typ !== 'string') throw new MalformedTokenError('typ is not a text');
  if (kid !== undefined && typeof kid !== 'string') throw new MalformedTokenError('kid is not a text');
  return { alg, typ, kid };
}

function parseJson(part: string, name: string): Record<string, unknown> {
  const bytes = decodeBase64Url(part);
  try {
    return parseStrictJsonObject(UTF8.decode(bytes));
  } catch {
    throw new MalformedTokenError(`the ${name} is not a plain JSON object`);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Node's decoder skips what it doesn't know and ignores spare bits; encoding again shows whether it did. An empty part passes:
 * that is the signature of `alg` `none`, which has to be seen to be reported.
 */
function decodeBase64Url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new MalformedTokenError('not strict base64url');
  return bytes;
}
