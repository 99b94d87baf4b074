import { BlockList } from 'node:net';
import fc from 'fast-check';
import {
  type IpAddress,
  type IpNetwork,
  isWithin,
  parseIpAddress,
  parseIpNetwork,
  subscriberNetworkOf,
} from './ip-address.js';

const address = (text: string) => parseIpAddress(text) as IpAddress;

const v4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
/** Many zeros, so that there is something to compress; never one of the ranges that stand for IPv4. */
const v6 = fc
  .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .filter((groups) => groups.slice(0, 5).some((group) => group !== 0))
  .filter(([first]) => first !== 0x64 && first !== 0x2002);
/** Two groups as one word. */
const wordOf = (high: number, low: number) => (high << 16) | low;

const hextets = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(':');
/** The WHATWG's serialiser, which follows RFC 5952 and shares no code with ours. */
const canonicalV6 = (text: string) => new URL(`http://[${text}]`).hostname.slice(1, -1);

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7%eth0', '203.0.113.7'],
    ['2001:DB8::7', '2001:db8::7'],
    ['2001:0db8:0000:0000:0000:0000:0000:0007', '2001:db8::7'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::1%eth0.1', 'fe80::1'],
    ['::102:304', '::102:304'],
    ['::1.2.3.4', '::102:304'],
    ['0:0:0:0:0:0:1.2.3.4', '::102:304'],
    ['::', '::'],
    ['::1', '::1'],
  ])('%s has the canonical spelling %s', (text, canonical) => {
    expect(parseIpAddress(text)?.text).toBe(canonical);
  });

  it.each([
    ...['', ' ', 'localhost', '1', '1.2.3', '1.2.3.4.', '1.2.3.4.5', ' 1.2.3.4', '1.2.3.4 ', '1.2.3.4\n'],
    ...[
      '0177.0.0.1',
      '01.2.3.4',
      '0x7f.0.0.1',
      '2130706433',
      '256.1.1.1',
      '1.2.3.-4',
      '1.2.3.4/32',
      '1.2.3.4:80',
    ],
    ...[
      '1.2.3.4%eth0',
      '[::1]',
      '::1/128',
      ':::',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7:8:9',
      '::1%',
      '::g',
      '-::1',
    ],
    ...['::ffff:1.2.3', '::ffff:01.2.3.4', '::1.2.3.4.5', '１.2.3.4'],
  ])('is not %j', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  it('of version 4 is its text and its 32 bits', () => {
    fc.assert(
      fc.property(v4, (bytes) => {
        const text = bytes.join('.');
        const words = [Buffer.from(bytes).readInt32BE(), 0, 0, 0];
        expect(parseIpAddress(text)).toEqual({ text, version: 4, words });
        expect(parseIpAddress(`::ffff:${text}`)).toEqual({ text, version: 4, words });
      }),
    );
  });

  it('of version 6 is one thing, however it is spelled', () => {
    fc.assert(
      fc.property(v6, (groups) => {
        const words = [0, 2, 4, 6].map((index) =>
          wordOf(groups[index] as number, groups[index + 1] as number),
        );
        const expected = { text: canonicalV6(hextets(groups)), version: 6, words };
        const padded = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
        for (const text of [hextets(groups), padded, padded.toUpperCase(), expected.text, `${padded}%en0`]) {
          expect(parseIpAddress(text)).toEqual(expected);
        }
      }),
    );
  });

  it('is never a crash, whatever the text', () => {
    const unit = fc.constantFrom(...'0123456789abcdefF:.%/[] ', '::', 'ffff', '255');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit })), (text) => {
        parseIpAddress(text);
        parseIpNetwork(text);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a network', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.7/32', '203.0.113.7/32'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['203.0.113.7/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['2001:db8::7', '2001:db8::7/128'],
    ['2001:DB8:1:2:3::7/64', '2001:db8:1:2::/64'],
    ['2001:db8::7/0', '::/0'],
    ['fe80::1%eth0/64', 'fe80::/64'],
    ['::ffff:1.2.3.4', '1.2.3.4/32'],
    ['::ffff:1.2.3.4/120', '1.2.3.0/24'],
    ['::ffff:1.2.3.4/128', '1.2.3.4/32'],
  ])('%s is %s, with its host bits cleared', (text, canonical) => {
    expect(parseIpNetwork(text)?.text).toBe(canonical);
  });

  it.each([
    ...[
      '',
      '/',
      '/24',
      '1.2.3.4/',
      '1.2.3.4/33',
      '1.2.3.4/-1',
      '1.2.3.4/+8',
      '1.2.3.4/8.0',
      '1.2.3.4/ 8',
      '1.2.3.4/1e1',
    ],
    ...[
      '1.2.3.4/24/24',
      '1.2.3/24',
      '1.2.3.4/255.255.255.0',
      '::1/129',
      '::1/1000',
      '::1/x',
      '::ffff:1.2.3.4/95',
    ],
  ])('is not %j', (text) => {
    expect(parseIpNetwork(text)).toBeUndefined();
  });

  it('is read again as itself', () => {
    fc.assert(
      fc.property(v6.map(hextets), fc.nat(128), (text, prefixLength) => {
        const network = parseIpNetwork(`${text}/${prefixLength}`);
        expect(parseIpNetwork(network?.text ?? '')).toEqual(network);
      }),
    );
  });

  /** An address, and another one that shares its first bits. */
  const neighbours = (bits: number) =>
    fc
      .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n }), fc.nat(bits), fc.bigInt({ min: 0n }))
      .map(([one, shared, noise]) => {
        const hostBits = BigInt(bits - shared);
        return [one, ((one >> hostBits) << hostBits) | (noise & ((1n << hostBits) - 1n))] as const;
      })
      .filter((pair) => pair.every((value) => !standsForIpv4(value)));
  const standsForIpv4 = (value: bigint) =>
    [0xffffn, 0x64ff9bn << 64n].includes(value >> 32n) || value >> 112n === 0x2002n;
  const spell = (value: bigint, bits: number) => {
    const hex = value.toString(16).padStart(bits / 4, '0');
    const groups = hex.match(bits === 32 ? /../g : /..../g) as string[];
    return bits === 32 ? groups.map((group) => Number.parseInt(group, 16)).join('.') : groups.join(':');
  };

  it.each([
    [4, 32, 'ipv4'],
    [6, 128, 'ipv6'],
  ] as const)('of version %i holds the addresses that Node says it holds', (_, bits, family) => {
    fc.assert(
      fc.property(neighbours(bits), fc.integer({ min: 1, max: bits }), ([one, other], prefixLength) => {
        const oracle = new BlockList();
        oracle.addSubnet(spell(one, bits), prefixLength, family);
        const network = parseIpNetwork(`${spell(one, bits)}/${prefixLength}`) as IpNetwork;
        const isInside = isWithin(address(spell(other, bits)), network);
        expect(isInside).toBe(oracle.check(spell(other, bits), family));
      }),
      { numRuns: 500 },
    );
  });
});

describe('an IPv6 address that stands for an IPv4 address', () => {
  it.each([
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['64:ff9b::cb00:7107', '203.0.113.7'],
    ['0064:FF9B:0:0:0:0:203.0.113.7', '203.0.113.7'],
    ['2002:cb00:7107::', '203.0.113.7'],
    ['2002:cb00:7107:1:2:3:4:5', '203.0.113.7'],
    ['2002:cb00:7107::1%eth0', '203.0.113.7'],
  ])('%s is %s', (text, ipv4) => {
    expect(parseIpAddress(text)).toEqual(parseIpAddress(ipv4));
  });

  it.each([
    ['64:ff9b::203.0.113.7', '203.0.113.7/32'],
    ['64:ff9b::203.0.113.7/128', '203.0.113.7/32'],
    ['64:ff9b::203.0.113.7/120', '203.0.113.0/24'],
    ['64:ff9b::203.0.113.7/97', '128.0.0.0/1'],
    ['2002:cb00:7107::/48', '203.0.113.7/32'],
    ['2002:cb00:7107::1', '203.0.113.7/32'],
    ['2002:cb00:7107:1::/64', '203.0.113.7/32'],
    ['2002:cb00:7107:1::/49', '203.0.113.7/32'],
    ['2002:cb00:7107::/40', '203.0.113.0/24'],
    ['2002:cb00:7107::/17', '128.0.0.0/1'],
    ['2002:808:808::/47', '8.8.8.8/31'],
  ])('is the IPv4 network too: %s is %s', (text, ipv4) => {
    expect(parseIpNetwork(text)).toEqual(parseIpNetwork(ipv4));
  });

  it.each([
    ...['64:ff9b::203.0.113.7/95', '64:ff9b::/64', '2002:cb00:7107::/15', '64:ff9b::/96', '2002::/16'],
    ...['64:ff9b::203.0.113.7/96', '2002:cb00:7107::/16', '64:ff9a::203.0.113.7', '64:ff9b:1::203.0.113.7'],
    ...['64:ff9b::1:203.0.113.7', '2003:cb00:7107::', '2001:cb00:7107::', '::203.0.113.7'],
    ...['64:ff9b::10.1.2.3/104', '2002:a01::/24', '2002:a01:203::/64'],
  ])('is nothing but IPv6 in %s', (text) => {
    expect(parseIpNetwork(text)?.version).toBe(6);
  });

  it.each(['10.0.0.1', '127.0.0.1', '192.168.1.1', '169.254.1.1', '172.16.0.1', '100.64.0.1', '0.0.0.0'])(
    'is not the private address %s, which nobody reaches us from over NAT64 or 6to4',
    (ipv4) => {
      const sixToFour = parseIpAddress(`::ffff:${ipv4}`)?.words[0] as number;
      const hex = (sixToFour >>> 0).toString(16).padStart(8, '0');
      for (const text of [`64:ff9b::${ipv4}`, `2002:${hex.slice(0, 4)}:${hex.slice(4)}::1`]) {
        expect(address(text).version).toBe(6);
        expect(address(text).text).not.toBe(ipv4);
        expect(isWithin(address(text), parseIpNetwork(ipv4) as IpNetwork)).toBe(false);
        expect(isWithin(address(text), parseIpNetwork('0.0.0.0/0') as IpNetwork)).toBe(false);
        expect(isWithin(address(text), parseIpNetwork(text) as IpNetwork)).toBe(true);
      }
      expect(parseIpNetwork(`64:ff9b::${ipv4}/128`)?.version).toBe(6);
    },
  );
});

describe('the network of one subscriber', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7/32'],
    ['::ffff:203.0.113.7', '203.0.113.7/32'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ])('of %s is %s', (text, network) => {
    expect(subscriberNetworkOf(address(text)).text).toBe(network);
  });
});
