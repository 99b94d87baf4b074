import type { IpAddress } from '../net/ip-address.js';

/** In characters, of all names and values: a connection that does nothing must not cost much memory. */
const MOST_KEPT = 4_000;

/** What came last over a connection, and from whom. */
interface Kept {
  address: IpAddress | undefined;
  rawHeaders: readonly string[] | undefined;
}

const keptBy = new WeakMap<object, Kept>();

/**
 * The headers of a request, as the first one had them that sent the same over the connection, in the same order and without others in
 * between: by what is returned, whatever was found out of them can be found again. To compare them takes far less than to look at them.
 *
 * How long it takes shows how much of a secret is alike, so they are never compared with those of another client of a proxy.
 *
 * @param connection a socket; over HTTP/2 Node makes one of each request, so that none repeats another
 * @param address of the client
 * @param rawHeaders names and values in turn
 */
export function keptHeaders(
  connection: object,
  address: IpAddress,
  rawHeaders: readonly string[],
): readonly string[] {
  let kept = keptBy.get(connection);
  if (kept === undefined) {
    kept = { address: undefined, rawHeaders: undefined };
    keptBy.set(connection, kept);
  }
  if (kept.address !== address) {
    kept.address = address;
    kept.rawHeaders = undefined;
  }
  if (kept.rawHeaders !== undefined && areSame(kept.rawHeaders, rawHeaders)) return kept.rawHeaders;
  kept.rawHeaders = lengthOf(rawHeaders) > MOST_KEPT ? undefined : rawHeaders;
  return rawHeaders;
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) return false;
  return true;
}

function lengthOf(texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
