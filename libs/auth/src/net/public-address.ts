import { type IpRange, isPrivate, isWithin, parseIpAddress, parseIpRange } from './ip-address.js';

/** What besides private networks is nobody's on the internet, or stands for an address that may be private (RFC 6890). */
const SPECIAL_RANGES = [
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...[
    '224.0.0.0/3',
    '::/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
  ],
  ...['fec0::/10', 'ff00::/8'],
].map((text) => parseIpRange(text) as IpRange);

/** Whether a text is an address of somebody on the internet, so that whoever sends us there leads us to nobody behind our walls. */
export function isPublicAddress(text: string): boolean {
  const address = parseIpAddress(text);
  return (
    address !== undefined && !isPrivate(address) && !SPECIAL_RANGES.some((range) => isWithin(address, range))
  );
}
