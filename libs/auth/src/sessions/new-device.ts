import { parseIpAddress, subscriberNetworkOf } from '../net/ip-address.js';
import type { SessionRecord } from './session.store.js';

/**
 * Whether somebody logs in with a device that is not known: none of this name was used from the same network. The name alone would
 * not do, since whoever logs in chooses it.
 */
export function isNewDevice(begun: SessionRecord, known: readonly SessionRecord[]): boolean {
  const network = networkOf(begun);
  return !known.some((other) => other.device === begun.device && networkOf(other) === network);
}

function networkOf({ lastUsedFrom }: SessionRecord): string | undefined {
  const address = lastUsedFrom === null ? undefined : parseIpAddress(lastUsedFrom);
  return address && subscriberNetworkOf(address).text;
}
