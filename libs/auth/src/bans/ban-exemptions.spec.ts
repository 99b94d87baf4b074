import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { type IpAddress, parseIpAddress } from '../net/ip-address.js';
import { BanExemptions } from './ban-exemptions.js';

const address = (text: string) => parseIpAddress(text) as IpAddress;

function exemptionsWith(options: PortcullisOptions = {}): BanExemptions {
  const stores = memoryStores();
  return new BanExemptions(resolveOptions(options, stores));
}

const PRIVATE = [
  ...['127.0.0.1', '::1', '10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ...['169.254.1.1', '100.64.0.1', '100.127.255.255', 'fe80::1', 'fd00::1', 'fc00::1', '0.0.0.0', '::'],
  ...['::ffff:10.0.0.1', 'fe80::1%eth0'],
];
const PUBLIC = [
  ...['203.0.113.7', '9.255.255.255', '11.0.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
  ...['192.169.0.0', '100.63.255.255', '100.128.0.0', '128.0.0.1', '2001:db8::1', 'fec0::1', '::2'],
];

describe('exempt from bans', () => {
  it.each(PRIVATE)('is the private address %s', (text) => {
    expect(exemptionsWith().of(address(text))).toBe('private');
  });

  it.each(PUBLIC)('is not the public address %s', (text) => {
    expect(exemptionsWith().of(address(text))).toBeUndefined();
  });

  it.each(PRIVATE)('is not %s where private addresses are to be banned', (text) => {
    expect(exemptionsWith({ bans: { privateAddresses: true } }).of(address(text))).toBeUndefined();
  });

  it('is a trusted proxy, which stands for everybody behind it, in whatever spelling', () => {
    const exemptions = exemptionsWith({
      trustedProxies: ['198.51.100.0/24', '2001:db8::/32'],
      bans: { privateAddresses: true },
    });
    for (const text of ['198.51.100.1', '::ffff:198.51.100.1', '2001:DB8::1']) {
      expect(exemptions.of(address(text))).toBe('trusted proxy');
    }
    expect(exemptions.of(address('198.51.101.1'))).toBeUndefined();
  });

  it('is what is allowed', () => {
    const exemptions = exemptionsWith({ bans: { allowed: ['203.0.113.7', '2001:db8:1::/48'] } });
    for (const text of ['203.0.113.7', '2001:db8:1:2::3'])
      expect(exemptions.of(address(text))).toBe('allowed');
    for (const text of ['203.0.113.8', '2001:db8:2::1']) expect(exemptions.of(address(text))).toBeUndefined();
  });

  it('is what is allowed over NAT64 or 6to4 too, but nobody who only claims a private address there', () => {
    const exemptions = exemptionsWith({
      bans: { allowed: ['203.0.113.7', '10.0.0.0/8'] },
      trustedProxies: ['127.0.0.1'],
    });
    for (const text of ['64:ff9b::203.0.113.7', '2002:cb00:7107::1']) {
      expect(exemptions.of(address(text))).toBe('allowed');
    }
    for (const text of ['64:ff9b::10.0.0.1', '2002:a00:1::1', '64:ff9b::127.0.0.1', '2002:7f00:1::']) {
      expect(exemptions.of(address(text))).toBeUndefined();
    }
  });

  it('is who has no address', () => {
    const unknown: IpAddress = { ...address('203.0.113.7'), text: 'unknown', version: 0 };
    expect(exemptionsWith({ bans: { privateAddresses: true } }).of(unknown)).toBe('unknown');
  });
});

it('a warning names the address and what to do, once for each address', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const exemptions = exemptionsWith();
  for (const text of ['10.0.0.1', '10.0.0.1', '10.0.0.2']) exemptions.warnOf(address(text));
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/^10\.0\.0\.1 .*trustedProxies.*bans\.privateAddresses/)],
    [expect.stringMatching(/^10\.0\.0\.2 /)],
  ]);
  warn.mockRestore();
});
