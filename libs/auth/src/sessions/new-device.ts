import { parseIpAddress, subscriberNetworkOf } from '../net/ip-address.js';
import type { SessionRecord } from './session.store.js';

/**
 * Whether somebody logs in with a device that is not known: none of this name was used from the same network. The name alone would
 * not do, since whoever logs in chooses it. Of several that begin at the same time the first one is new.
 *
 * @param known among others those of the user that have begun before it
 */
export function isNewDevice(begun: SessionRecord, known: readonly SessionRecord[]): boolean {
  const network = networkOf(begun);
  return !known.some(
    (other) => isBefore(other, begun) && other.device === begun.device && networkOf(other) === network,
  );
}

/** As sessions are listed. */
function isBefore(one: SessionRecord, other: SessionRecord): boolean {
  return one.createdAt < other.createdAt || (one.createdAt === other.createdAt && one.id < other.id);
}

function networkOf({ lastUsedFrom }: SessionRecord): string | undefined {
  const address = lastUsedFrom === null ? undefined : parseIpAddress(lastUsedFrom);
  return address && subscriberNetworkOf(address).text;
}
