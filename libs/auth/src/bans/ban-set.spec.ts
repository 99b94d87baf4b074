import fc from 'fast-check';
import { type IpAddress, type IpNetwork, parseIpAddress, parseIpNetwork } from '../net/ip-address.js';
import { type BannedNetwork, BanSet } from './ban-set.js';

const NOW = 1_000;
const address = (text: string) => parseIpAddress(text) as IpAddress;

function setOf(...bans: (BannedNetwork | string)[]): BanSet {
  const set = new BanSet();
  for (const ban of bans) set.add(typeof ban === 'string' ? { network: ban, expiresAt: NOW + 1 } : ban);
  return set;
}

const foundIn = (set: BanSet, text: string, now = NOW) => set.find(address(text), now)?.network;

describe('a set of bans', () => {
  it('covers an address of a banned network, and none next to it', () => {
    const set = setOf('203.0.113.0/24');
    expect(foundIn(set, '203.0.113.0')).toBe('203.0.113.0/24');
    expect(foundIn(set, '203.0.113.255')).toBe('203.0.113.0/24');
    expect(foundIn(set, '203.0.112.255')).toBeUndefined();
    expect(foundIn(set, '203.0.114.0')).toBeUndefined();
    expect(set.find(address('203.0.113.0'), NOW)?.expiresAt).toBe(NOW + 1);
  });

  it.each([
    [
      '203.0.113.7/32',
      ['::ffff:203.0.113.7', '64:ff9b::203.0.113.7', '2002:cb00:7107::1', '2002:cb00:7107:9::'],
    ],
    ['::ffff:203.0.113.7/128', ['203.0.113.7', '64:ff9b::cb00:7107', '2002:cb00:7107::1']],
    ['64:ff9b::203.0.113.7', ['203.0.113.7', '2002:cb00:7107::1']],
    ['2002:cb00:7107::/48', ['203.0.113.7', '64:ff9b::203.0.113.7', '2002:cb00:7107:9::1']],
    ['2002:cb00:7107:1::/64', ['203.0.113.7', '2002:cb00:7107:9::1']],
  ])('of %s covers it in every spelling', (network, spellings) => {
    for (const text of spellings) expect(foundIn(setOf(network), text)).toBe('203.0.113.7/32');
  });

  it('is lifted in every spelling', () => {
    const set = setOf('2002:cb00:7107::/48');
    expect(set.remove('64:ff9b::203.0.113.7')).toBe(true);
    expect(foundIn(set, '203.0.113.7')).toBeUndefined();
  });

  it('of all NAT64 or 6to4 addresses is not of the whole of IPv4', () => {
    expect(foundIn(setOf('64:ff9b::/96', '2002::/16'), '203.0.113.7')).toBeUndefined();
  });

  it('keeps the versions apart, and knows everybody of one', () => {
    expect(foundIn(setOf('::/0'), '203.0.113.7')).toBeUndefined();
    expect(foundIn(setOf('0.0.0.0/0'), '2001:db8::7')).toBeUndefined();
    for (const text of ['::', '::1', '2001:db8::7', 'ffff::'])
      expect(foundIn(setOf('::/0'), text)).toBe('::/0');
    for (const text of ['0.0.0.0', '203.0.113.7', '255.255.255.255']) {
      expect(foundIn(setOf('0.0.0.0/0'), text)).toBe('0.0.0.0/0');
    }
  });

  it.each(['0.0.0.0/32', '::/128', '::/64', '::/33'])(
    'covers the zeros of %s, and only once it is banned',
    (network) => {
      const zeros = network.split('/')[0] as string;
      const set = setOf('255.0.0.0/32', 'ff00::/128', 'ff00::/64', 'ff00::/33');
      expect(foundIn(set, zeros)).toBeUndefined();
      expect(set.remove(network)).toBe(false);
      set.add({ network, expiresAt: NOW + 1 });
      expect(foundIn(set, zeros)).toBe(network);
      expect([set.size, set.remove(network), set.size]).toEqual([5, true, 4]);
    },
  );

  it('covers a network by a ban of it or of one around it, and by none within it', () => {
    const set = setOf('2001:db8::/48', { network: '203.0.113.7/32', expiresAt: NOW });
    const covers = (network: string) => set.covers(parseIpNetwork(network) as IpNetwork, NOW);
    expect(['2001:db8::/48', '2001:db8:0:1::/64', '2001:db8::7'].map(covers)).toEqual([true, true, true]);
    expect(['2001:db8::/47', '2001:db8:1::/48', '203.0.113.7', '::/0'].map(covers)).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });

  it('holds a ban before its expiry, and not at it', () => {
    const set = setOf({ network: '203.0.113.7/32', expiresAt: NOW });
    expect(foundIn(set, '203.0.113.7', NOW - 1)).toBeDefined();
    expect(foundIn(set, '203.0.113.7', NOW)).toBeUndefined();
  });

  it('sees a wide ban behind a narrow one that has expired, and the other way round', () => {
    const narrow = { network: '203.0.113.7/32', expiresAt: NOW };
    const wide = { network: '203.0.113.0/24', expiresAt: NOW };
    expect(foundIn(setOf(narrow, '203.0.0.0/16'), '203.0.113.7')).toBe('203.0.0.0/16');
    expect(foundIn(setOf(wide, '203.0.113.7/32'), '203.0.113.7')).toBe('203.0.113.7/32');
  });

  it.each(['first', 'last'])('keeps the longer of two bans of one network, added %s', (when) => {
    const [long, short] = [5, 9].map((expiresAt) => ({ network: '::1/128', expiresAt })).reverse() as [
      BannedNetwork,
      BannedNetwork,
    ];
    const set = when === 'first' ? setOf(long, short) : setOf(short, long);
    expect(set.find(address('::1'), 7)?.expiresAt).toBe(9);
    expect(set.size).toBe(1);
  });

  it('is empty once it is cleared', () => {
    const set = setOf('203.0.113.7/32', '2001:db8::/64');
    set.clear();
    expect([set.size, foundIn(set, '203.0.113.7'), foundIn(set, '2001:db8::7')]).toEqual([
      0,
      undefined,
      undefined,
    ]);
  });

  it.each(['example.com', '', '203.0.113.7/33', '203.0.113.7/'])('takes no ban of %j', (network) => {
    expect(() => setOf(network)).toThrow(TypeError);
    expect(() => new BanSet().remove(network)).toThrow(TypeError);
  });

  it('takes no ban that ends at no time', () => {
    expect(() => setOf({ network: '203.0.113.7/32', expiresAt: Number.NaN })).toThrow(TypeError);
  });
});

describe('evicting the bans that end soonest', () => {
  const bans = Array.from({ length: 500 }, (_, index) => ({
    network: index % 2 ? `203.0.${index % 250}.${index >> 1}/32` : `2001:db8:f${index.toString(16)}::/64`,
    expiresAt: NOW + ((index * 7919) % 500),
  }));
  const soonest = bans
    .toSorted((one, other) => one.expiresAt - other.expiresAt)
    .map(({ network }) => network);

  it.each([0, 1, 10, 499, 500, 600])('drops and returns %i of 500', (count) => {
    const set = setOf(...bans);
    expect(set.evictSoonest(count)).toEqual(soonest.slice(0, count));
    expect(set.size).toBe(Math.max(0, 500 - count));
    expect(bans.filter(({ network }) => set.remove(network)).length).toBe(Math.max(0, 500 - count));
  });

  it('spares what may not be dropped', () => {
    const set = setOf(...bans);
    const evicted = set.evictSoonest(10, (network) => network.endsWith('/32'));
    expect(evicted).toEqual(soonest.filter((network) => network.endsWith('/32')).slice(0, 10));
    expect(set.evictSoonest(1_000, (network) => network.endsWith('/32'))).toHaveLength(240);
    expect(set.size).toBe(250);
  });

  it.each([-1, Number.NaN])('drops none of %d', (count) => {
    expect(setOf(...bans).evictSoonest(count)).toEqual([]);
  });
});

/** What a set is to be: every ban in a list, and membership by the digits of the address. */
class PlainList {
  bans: BannedNetwork[] = [];

  add(ban: BannedNetwork): void {
    const same = this.bans.find(({ network }) => network === ban.network);
    if (same !== undefined && same.expiresAt >= ban.expiresAt) return;
    this.bans = [...this.bans.filter((other) => other !== same), ban];
  }

  covering(text: string, now: number): BannedNetwork[] {
    return this.bans.filter(({ network, expiresAt }) => {
      const range = parseIpNetwork(network) as IpNetwork;
      return (
        expiresAt > now && digits(address(text)).startsWith(digits(range).slice(0, 2 + range.prefixLength))
      );
    });
  }
}

function digits({ version, words }: Pick<IpAddress, 'version' | 'words'>): string {
  return `${version}:${words.map((word) => (word >>> 0).toString(2).padStart(32, '0')).join('')}`;
}

describe('its answers equal those of a plain list', () => {
  /** Few different bits, so that networks nest and repeat and addresses meet them. */
  const v4 = fc
    .tuple(fc.constantFrom('0.0', '10.0', '255.255'), fc.constantFrom(0, 128, 255), fc.nat(3))
    .map(([high, third, fourth]) => `${high}.${third}.${fourth}`);
  const v6 = fc
    .tuple(
      fc.constantFrom('2001:db8:0', '0:0:0', 'ffff:ffff:ffff'),
      fc.constantFrom('0', '8000'),
      fc.constantFrom('0', '1'),
      fc.nat(3),
    )
    .map(([high, fourth, sixth, low]) => `${high}:${fourth}:0:${sixth}::${low}`);
  const network = fc
    .oneof(
      fc.tuple(v4, fc.nat(32)),
      fc.tuple(v4, fc.constantFrom(0, 16, 24, 31, 32)),
      fc.tuple(v6, fc.nat(128)),
      fc.tuple(v6, fc.constantFrom(0, 48, 64, 128)),
    )
    .map(([text, prefixLength]) => parseIpNetwork(`${text}/${prefixLength}`)?.text as string);
  const time = fc.integer({ min: -1, max: 6 });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('add' as const), network, expiresAt: time }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('remove' as const), network }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('sweep' as const), now: time }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('find' as const), text: fc.oneof(v4, v6), now: time }),
    },
  );
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

  /** What both say of a step. */
  function take(set: BanSet, list: PlainList, action: Step): [ofSet: unknown, ofList: unknown] {
    if (action.do === 'add') {
      const ban = { network: action.network, expiresAt: action.expiresAt };
      set.add(ban);
      list.add(ban);
      return [undefined, undefined];
    }
    if (action.do === 'remove') {
      const { bans } = list;
      list.bans = bans.filter((ban) => ban.network !== action.network);
      return [set.remove(action.network), list.bans.length < bans.length];
    }
    if (action.do === 'sweep') {
      const { bans } = list;
      list.bans = bans.filter(({ expiresAt }) => expiresAt > action.now);
      return [set.sweep(action.now), bans.length - list.bans.length];
    }
    const { network, expiresAt } = set.find(address(action.text), action.now) ?? {};
    const covering = list.covering(action.text, action.now);
    // Any of those that end last will do.
    const end = Math.max(...covering.map((ban) => ban.expiresAt));
    const last = covering.filter((ban) => ban.expiresAt === end);
    return [network && { network, expiresAt }, last.find((ban) => ban.network === network) ?? last[0]];
  }

  it('after any steps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const [set, list] = [new BanSet(), new PlainList()];
        const said = steps.map((action) => {
          const [ofSet, ofList] = take(set, list, action);
          return [
            { said: ofSet, size: set.size },
            { said: ofList, size: list.bans.length },
          ];
        });
        expect(said.map(([ofSet]) => ofSet)).toEqual(said.map(([, ofList]) => ofList));
      }),
      { numRuns: 300 },
    );
  });

  it('while twenty thousand come and go', () => {
    const set = new BanSet();
    const networkAt = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    const found = (index: number, now: number) => set.find(address(networkAt(index)), now) !== undefined;
    for (let index = 0; index < 20_000; index++) set.add({ network: networkAt(index), expiresAt: index });
    const evens = Array.from({ length: 10_000 }, (_, index) => 2 * index);
    expect(evens.filter((index) => !set.remove(networkAt(index)))).toEqual([]);
    expect(set.size).toBe(10_000);
    expect(set.sweep(17_999)).toBe(9_000);
    const present = Array.from({ length: 20_001 }, (_, index) => index).filter((index) => found(index, 0));
    expect(present).toEqual(Array.from({ length: 1_000 }, (_, index) => 18_001 + 2 * index));
    expect(set.evictSoonest(999)).toHaveLength(999);
    expect([set.size, found(19_999, 0)]).toEqual([1, true]);
  });
});
