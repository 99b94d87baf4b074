import fc from 'fast-check';
import type { Ban } from './ban.store.js';
import { BanSet } from './ban-set.js';
import { type IpAddress, parseIpAddress, parseIpNetwork } from './ip-address.js';

const NOW = 1_000;
const address = (text: string) => parseIpAddress(text) as IpAddress;

function banOf(network: string, { id = network, expiresAt = NOW + 1 } = {}): Ban {
  return { id, network, reason: 'spec', offence: 1, createdAt: 0, expiresAt };
}

function setOf(...bans: Ban[]): BanSet {
  const set = new BanSet();
  for (const ban of bans) set.add(ban);
  return set;
}

describe('a set of bans', () => {
  it('covers an address of a banned network, and none next to it', () => {
    const ban = banOf('203.0.113.0/24');
    const set = setOf(ban);
    expect(set.find(address('203.0.113.0'), NOW)).toBe(ban);
    expect(set.find(address('203.0.113.255'), NOW)).toBe(ban);
    expect(set.find(address('203.0.112.255'), NOW)).toBeUndefined();
    expect(set.find(address('203.0.114.0'), NOW)).toBeUndefined();
  });

  it('meets an IPv4-mapped address as the IPv4 address that it is', () => {
    expect(setOf(banOf('203.0.113.7/32')).find(address('::ffff:203.0.113.7'), NOW)).toBeDefined();
    expect(setOf(banOf('::ffff:203.0.113.7/128')).find(address('203.0.113.7'), NOW)).toBeDefined();
  });

  it('keeps the versions apart', () => {
    expect(setOf(banOf('::/0')).find(address('203.0.113.7'), NOW)).toBeUndefined();
    expect(setOf(banOf('0.0.0.0/0')).find(address('2001:db8::7'), NOW)).toBeUndefined();
  });

  it('holds a ban before its expiry, and not at it', () => {
    const set = setOf(banOf('203.0.113.7/32', { expiresAt: NOW }));
    expect(set.find(address('203.0.113.7'), NOW - 1)).toBeDefined();
    expect(set.find(address('203.0.113.7'), NOW)).toBeUndefined();
  });

  it('sees a wide ban behind a narrow one that has expired, and the other way round', () => {
    const narrow = banOf('203.0.113.7/32', { expiresAt: NOW });
    const wide = banOf('203.0.113.0/24', { expiresAt: NOW });
    expect(setOf(narrow, banOf('203.0.0.0/16')).find(address('203.0.113.7'), NOW)?.network).toBe(
      '203.0.0.0/16',
    );
    expect(setOf(wide, banOf('203.0.113.7/32')).find(address('203.0.113.7'), NOW)?.network).toBe(
      '203.0.113.7/32',
    );
  });

  it.each(['first', 'last'])('keeps the longer of two bans of one network, added %s', (when) => {
    const [long, short] = [
      banOf('::1/128', { id: 'long', expiresAt: 9 }),
      banOf('::1/128', { id: 'short', expiresAt: 5 }),
    ];
    const set = when === 'first' ? setOf(long, short) : setOf(short, long);
    expect(set.find(address('::1'), 7)?.id).toBe('long');
  });

  it('removes a ban, and leaves alone another one that took its place', () => {
    const ban = banOf('203.0.113.7/32');
    const set = setOf(ban);
    set.remove({ ...ban, id: 'another' });
    expect(set.find(address('203.0.113.7'), NOW)).toBe(ban);
    set.remove(ban);
    expect(set.find(address('203.0.113.7'), NOW)).toBeUndefined();
    expect(() => set.remove(ban)).not.toThrow();
  });

  it('drops and returns what has expired when it is swept', () => {
    const [over, going] = [banOf('203.0.113.7/32', { expiresAt: NOW }), banOf('2001:db8::/64')];
    const set = setOf(over, going);
    expect(set.sweep(NOW)).toEqual([over]);
    expect(set.sweep(NOW)).toEqual([]);
    expect(set.find(address('203.0.113.7'), NOW - 1)).toBeUndefined();
    expect(set.find(address('2001:db8::7'), NOW)).toBe(going);
  });

  it('takes no ban of anything but a network', () => {
    expect(() => new BanSet().add(banOf('example.com'))).toThrow(TypeError);
  });
});

describe('its answers equal those of a plain list', () => {
  /** Few different bits, so that networks nest and repeat and addresses meet them. */
  const v4 = fc
    .tuple(fc.constantFrom(0, 128, 255), fc.nat(3))
    .map(([third, fourth]) => `10.0.${third}.${fourth}`);
  const v6 = fc
    .tuple(fc.constantFrom('0', '8000'), fc.nat(3))
    .map(([high, low]) => `2001:db8:0:${high}::${low}`);
  const network = fc.oneof(
    fc.tuple(v4, fc.constantFrom(0, 8, 16, 17, 24, 30, 31, 32)).map(([text, length]) => `${text}/${length}`),
    fc
      .tuple(v6, fc.constantFrom(0, 32, 48, 49, 64, 126, 127, 128))
      .map(([text, length]) => `${text}/${length}`),
  );
  const time = fc.nat(6);
  const bans = fc
    .array(fc.tuple(network, time), { maxLength: 12 })
    .map((pairs) => pairs.map(([text, expiresAt], index) => banOf(text, { id: `ban ${index}`, expiresAt })));
  const question = fc.record({ text: fc.oneof(v4, v6), now: time });

  /** The address in binary digits: membership is a common beginning. */
  const bits = ({ version, value }: Pick<IpAddress, 'version' | 'value'>) =>
    `${version}:${value.toString(2).padStart(version === 4 ? 32 : 128, '0')}`;
  const covers = (ban: Ban, text: string) => {
    const { prefixLength, ...rest } = parseIpNetwork(ban.network) as NonNullable<
      ReturnType<typeof parseIpNetwork>
    >;
    return bits(address(text)).startsWith(bits(rest).slice(0, 2 + prefixLength));
  };
  const inForce = (list: readonly Ban[], { text, now }: { text: string; now: number }) =>
    list.filter((ban) => ban.expiresAt > now && covers(ban, text));
  const oneOrNone = (list: readonly Ban[]) => (list.length > 0 ? list : [undefined]);

  it('after any additions', () => {
    fc.assert(
      fc.property(bans, question, (list, asked) => {
        const found = setOf(...list).find(address(asked.text), asked.now);
        expect(oneOrNone(inForce(list, asked))).toContain(found);
      }),
      { numRuns: 1_000 },
    );
  });

  it('after removals and a sweep', () => {
    const distinct = bans.map((list) => [
      ...new Map(list.map((ban) => [parseIpNetwork(ban.network)?.text, ban])).values(),
    ]);
    fc.assert(
      fc.property(distinct, fc.infiniteStream(fc.boolean()), time, question, (list, keep, sweptAt, asked) => {
        const set = setOf(...list);
        const kept = list.filter(() => keep.next().value);
        for (const ban of list.filter((candidate) => !kept.includes(candidate))) set.remove(ban);
        expect(new Set(set.sweep(sweptAt))).toEqual(new Set(kept.filter((ban) => ban.expiresAt <= sweptAt)));
        const remaining = kept.filter((ban) => ban.expiresAt > sweptAt);
        expect(oneOrNone(inForce(remaining, asked))).toContain(set.find(address(asked.text), asked.now));
      }),
      { numRuns: 1_000 },
    );
  });
});
