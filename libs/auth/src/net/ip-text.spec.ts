import { isIP } from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { readIp, writeIp } from './ip-text.js';

const words = new Int32Array(4);

/** Pieces that addresses are made of, good and bad ones. */
const piece = fc.oneof(
  fc.constantFrom(':', '::', '.', '%eth0', '%', '/', ' ', '-', '0', '00', 'ffff', '255', '256', '01'),
  fc.nat(0x1ffff).map((value) => value.toString(16)),
  fc.nat(300).map(String),
  fc.ipV4(),
);
const addressLike = fc.oneof(
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
  fc.array(piece, { minLength: 1, maxLength: 9 }).map((pieces) => pieces.join(':')),
  fc
    .tuple(fc.ipV6(), fc.nat(45), fc.constantFrom('', ':', '.', '0', 'g', '%', '::'))
    .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at + 1)),
);

describe('the text of an address', () => {
  it('is taken exactly when Node takes it', () => {
    fc.assert(
      fc.property(addressLike, (text) => readIp(text, words) === isIP(text)),
      { numRuns: 20_000 },
    );
  });

  it('means what ipaddr.js says that it means', () => {
    // ipaddr.js takes `::1.2.3.4` for an IPv4-mapped address.
    const isMisread = (text: string) => /^[0:]*:\d+\.\d+\.\d+\.\d+$/.test(text);
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        fc.pre(!isMisread(text));
        const version = readIp(text, words);
        const bytes = Buffer.from(ipaddr.parse(text).toByteArray());
        const expected = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readInt32BE(4 * index));
        return (
          expected.length === (version === 4 ? 1 : 4) &&
          expected.every((word, index) => word === words[index])
        );
      }),
      { numRuns: 5_000 },
    );
  });

  it('ends where it is said to end', () => {
    expect(readIp('203.0.113.7/32', words, 11)).toBe(4);
    expect(readIp('203.0.113.7/32', words, 10)).toBe(0);
    expect(readIp('2001:db8::/64', words, 10)).toBe(6);
    expect(writeIp(words, 6)).toBe('2001:db8::');
    expect(readIp('::', words, 1)).toBe(0);
    expect(readIp('fe80::1%eth0/64', words, 12)).toBe(6);
    expect(readIp('fe80::1%/64', words, 8)).toBe(0);
  });

  it('is written as the WHATWG writes it', () => {
    const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(0xffff));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((value) => value.toString(16)).join(':');
        readIp(text, words);
        return writeIp(words, 6) === new URL(`http://[${text}]`).hostname.slice(1, -1);
      }),
      { numRuns: 5_000 },
    );
  });
});
