import { BlockList } from 'node:net';
import fc from 'fast-check';
import { type IpAddress, maskTo, parseIpAddress, parseIpNetwork, subscriberNetworkOf } from './ip-address.js';

const address = (text: string) => parseIpAddress(text) as IpAddress;

const v4 = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
/** Many zeros, so that there is something to compress; never the IPv4-mapped range. */
const v6 = fc
  .array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 })
  .filter((groups) => groups.slice(0, 5).some((group) => group !== 0));

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
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
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
        const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
        expect(parseIpAddress(text)).toEqual({ text, version: 4, value });
        expect(parseIpAddress(`::ffff:${text}`)).toEqual({ text, version: 4, value });
      }),
    );
  });

  it('of version 6 is one thing, however it is spelled', () => {
    fc.assert(
      fc.property(v6, (groups) => {
        const value = groups.reduce((sum, group) => sum * 65536n + BigInt(group), 0n);
        const expected = { text: canonicalV6(hextets(groups)), version: 6, value };
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
      .filter((pair) => pair.every((value) => value >> 32n !== 0xffffn)); // IPv4-mapped: that is the other version
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
        const network = parseIpNetwork(`${spell(one, bits)}/${prefixLength}`);
        const isInside = maskTo(address(spell(other, bits)), prefixLength) === network?.value;
        expect(isInside).toBe(oracle.check(spell(other, bits), family));
      }),
      { numRuns: 500 },
    );
  });
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
