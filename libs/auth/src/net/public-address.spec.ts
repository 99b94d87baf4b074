import { type IpAddress, parseIpAddress } from './ip-address.js';
import { isPublicAddress } from './public-address.js';

it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
  'takes %s for somebody’s on the internet',
  (text) => expect(isPublicAddress(parseIpAddress(text) as IpAddress)).toBe(true),
);

it.each([
  ...['127.0.0.1', '127.8.8.8', '0.0.0.0', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254'],
  ...['100.64.0.1', '192.0.0.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::127.0.0.1', 'fc00::1', 'fd00::1', 'fe80::1'],
  ...['ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1', '2001:db8::1'],
])('takes %s for nobody’s there', (text) =>
  expect(isPublicAddress(parseIpAddress(text) as IpAddress)).toBe(false),
);
