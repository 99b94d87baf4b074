import { createHash } from 'node:crypto';
import { parseDictionary } from 'structured-headers';

/** What nobody finds another content for (RFC 9530 section 5); what else a sender adds is not looked at. */
const ALGORITHMS = { 'sha-256': 'sha256', 'sha-512': 'sha512' } as const;

/**
 * Whether `Content-Digest` (RFC 9530 section 2) is that of the content: by at least one strong digest, and by all of them that are there.
 *
 * @param header its value
 * @param content the bytes as they came, in whatever encoding
 */
export function isDigestOf(header: string, content: Uint8Array): boolean {
  const digests = digestsIn(header);
  const strong = Object.entries(ALGORITHMS).filter(([name]) => digests.has(name));
  return strong.length > 0 && strong.every(([name, hash]) => isEqual(digests.get(name), hash, content));
}

function digestsIn(header: string): ReadonlyMap<string, unknown> {
  try {
    return new Map([...parseDictionary(header)].map(([name, [digest]]) => [name, digest]));
  } catch {
    return new Map();
  }
}

function isEqual(digest: unknown, hash: string, content: Uint8Array): boolean {
  if (!(digest instanceof ArrayBuffer)) return false;
  return createHash(hash).update(content).digest().equals(new Uint8Array(digest));
}
