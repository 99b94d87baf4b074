import { type IpAddress, type IpRange, isPrivate, isWithin, parseIpRange } from './ip-address.js';

/** What besides private networks is nobody's on the internet, or stands for an address that may be private (RFC 6890). */
const SPECIAL_RANGES = [
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/3', '::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32'],
  ...['2002::/16', 'fec0::/10', 'ff00::/8'],
].map((text) => parseIpRange(text) as IpRange);

/** Whether an address is somebody's on the internet, so that whoever sends us there leads us to nobody behind our walls. */
export function isPublicAddress(address: IpAddress): boolean {
  return !isPrivate(address) && !SPECIAL_RANGES.some((range) => isWithin(address, range));
}
