import fc from 'fast-check';
import { anyLetter } from '../../any-letter.spec-support.js';
import {
  type IpRange,
  type IpWords,
  isWithin,
  networkOf,
  parseIpAddress,
  parseIpNetwork,
} from '../../net/ip-address.js';
import type { BanListFormat } from './ban-list.js';
import { type BanExportFormat, type BanToList, formatBanList } from './format-ban-list.js';
import { parseBanList } from './parse-ban-list.js';

const NOW = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const format = (bans: Iterable<BanToList>, as: BanExportFormat) =>
  [...formatBanList(bans, as, { now: NOW })].join('');

const wordsOf = (value: bigint, version: 4 | 6): IpWords => {
  const bits = version === 4 ? value << 96n : value;
  return [96n, 64n, 32n, 0n].map((shift) => Number(BigInt.asIntN(32, bits >> shift))) as unknown as IpWords;
};
const numberOf = (address: Pick<IpRange, 'version' | 'words'> | undefined) =>
  [...(address?.words ?? [])]
    .slice(0, address?.version === 4 ? 1 : 4)
    .reduce<bigint>((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);

const network = fc
  .oneof(
    fc.tuple(fc.constant<4>(4), fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), fc.integer({ min: 8, max: 32 })),
    fc.tuple(
      fc.constant<6>(6),
      fc.bigInt({ min: 0x2a00n << 112n, max: (0x2a01n << 112n) - 1n }),
      fc.integer({ min: 19, max: 128 }),
    ),
  )
  .map(([version, value, prefixLength]) =>
    networkOf({ version, words: wordsOf(value, version) }, prefixLength),
  );
const expiry = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: -10_000, max: 10_000_000 }).map((ms) => NOW + ms),
);
const reason = fc.oneof(
  fc.string({ unit: anyLetter, maxLength: 400 }),
  fc.constantFrom('\n1.2.3.4\n', '"}\n{"cidr":"1.2.3.4"', '# ; "\r', '\u2028 } drop; {'),
);
const ban = fc.record({
  network: network.map(({ text }) => text),
  reason: fc.option(reason, { nil: undefined }),
  expiresAt: expiry,
});

const SAMPLE: BanToList[] = [
  { network: '203.0.113.7', reason: 'guessed "passwords"\nand \u001b[2Jmore', expiresAt: NOW + HOUR },
  { network: '2001:db8::1/64' },
  { network: '198.51.100.0/24', reason: 'gone', expiresAt: NOW },
  { network: '203.0.113.7/32', reason: 'again', expiresAt: NOW + HOUR - 1 },
];

describe('bans as a list', () => {
  it('are plain lines', () => {
    expect(format(SAMPLE, 'plain')).toBe('203.0.113.7/32 # guessed "passwords" and [2Jmore\n2001:db8::/64\n');
  });

  it('are the JSON lines of DROP', () => {
    expect(format(SAMPLE, 'drop')).toBe(
      '{"cidr":"203.0.113.7/32","reason":"guessed \\"passwords\\" and [2Jmore"}\n{"cidr":"2001:db8::/64"}\n' +
        '{"type":"metadata","timestamp":1893456000,"records":2}\n',
    );
  });

  it('are decisions for CrowdSec', () => {
    expect(JSON.parse(format(SAMPLE, 'crowdsec'))).toEqual([
      {
        duration: '3600s',
        reason: 'guessed "passwords" and [2Jmore',
        scope: 'Ip',
        type: 'ban',
        value: '203.0.113.7',
      },
      { duration: '315360000s', scope: 'Range', type: 'ban', value: '2001:db8::/64' },
    ]);
    expect(format([], 'crowdsec')).toBe('[]\n');
  });

  it.each<BanListFormat>(['plain', 'drop', 'crowdsec'])('as %s are read again as they were', (as) => {
    fc.assert(
      fc.property(fc.array(ban, { maxLength: 30 }), (bans) => {
        const active = bans.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > NOW);
        const text = format(bans, as);
        for (const recognised of [as, undefined]) {
          if (recognised === undefined && active.length === 0) continue;
          const { networks, problems } = parseBanList(text, recognised, NOW);
          expect(problems).toEqual([]);
          expect(networks.map((listed) => listed.network).sort()).toEqual(
            [...new Set(active.map((listed) => listed.network))].sort(),
          );
        }
      }),
    );
  });

  it('end for CrowdSec when they end, to the second, and never earlier', () => {
    fc.assert(
      fc.property(network, fc.integer({ min: 1, max: 1_000_000_000 }), ({ text }, ms) => {
        const [listed] = parseBanList(
          format([{ network: text, expiresAt: NOW + ms }], 'crowdsec'),
          undefined,
          NOW,
        ).networks;
        const late = (listed?.expiresAt ?? 0) - (NOW + ms);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(1_000);
      }),
    );
  });

  it.each<BanExportFormat>(['plain', 'drop', 'crowdsec', 'nftables', 'ipset'])(
    'as %s have no place for what is no network',
    (as) => {
      for (const text of ['1.2.3.4\nflush ruleset', '1.2.3.4 }', '1.2.3.4/33', '', 'example.com'])
        expect(() => format([{ network: text }], as)).toThrow(TypeError);
    },
  );
});

describe('a file for nft', () => {
  const HEAD = 'add table inet portcullis\ndelete table inet portcullis\ntable inet portcullis {\n';
  const CHAIN = [
    '\tchain input {',
    '\t\ttype filter hook input priority filter - 10; policy accept;',
    '\t\tip saddr @banned_ipv4 drop',
    '\t\tip6 saddr @banned_ipv6 drop',
    '\t}\n}\n',
  ].join('\n');
  const set = (version: 4 | 6, ...elements: string[]) =>
    `\tset banned_ipv${version} {\n\t\ttype ipv${version}_addr\n\t\tflags interval, timeout\n${
      elements.length === 0
        ? ''
        : `\t\telements = {\n${elements.map((element) => `\t\t\t${element}`).join(',\n')}\n\t\t}\n`
    }\t}\n`;

  it('replaces the table and everything in it, at once', () => {
    expect(format(SAMPLE, 'nftables')).toBe(
      HEAD + set(4, '203.0.113.7 timeout 3600s') + set(6, '2001:db8::-2001:db8::ffff:ffff:ffff:ffff') + CHAIN,
    );
  });

  it('is one also for nobody', () => {
    expect(format([], 'nftables')).toBe(HEAD + set(4) + set(6) + CHAIN);
  });

  it('keeps each address banned for as long as any ban says', () => {
    const bans = [
      { network: '10.0.0.0/24', expiresAt: NOW + HOUR },
      { network: '10.0.0.64/26', expiresAt: NOW + 2 * HOUR },
      { network: '10.0.0.65' },
      { network: '10.0.0.200', expiresAt: NOW + 1 },
      { network: '10.0.1.0', expiresAt: NOW + HOUR * 100_000 },
    ];
    expect(format(bans, 'nftables')).toContain(
      set(
        4,
        '10.0.0.0-10.0.0.63 timeout 3600s',
        '10.0.0.64 timeout 7200s',
        '10.0.0.65',
        '10.0.0.66-10.0.0.127 timeout 7200s',
        '10.0.0.128-10.0.0.255 timeout 3600s',
        '10.0.1.0 timeout 99999999s',
      ),
    );
  });

  it('has no overlaps, and bans exactly whom the bans ban', () => {
    // Few addresses, so that networks are nested and neighbours.
    const small = fc.record({
      network: fc
        .tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 27, max: 32 }))
        .map(([host, length]) => `192.0.2.${host}/${length}`),
      expiresAt: fc.oneof(
        fc.constant(undefined),
        fc.integer({ min: 1, max: 5 }).map((seconds) => NOW + seconds * 1_000),
      ),
    });
    const secondsOf = (text: string | undefined) =>
      text === undefined ? Number.POSITIVE_INFINITY : Number(text);
    fc.assert(
      fc.property(fc.array(small, { maxLength: 12 }), (bans) => {
        const elements = format(bans, 'nftables').matchAll(
          /^\t{3}([\d.]+)(?:-([\d.]+))?(?: timeout (\d+)s)?,?$/gm,
        );
        const ranges = [...elements].map(([, first, last = first, timeout]) => ({
          first: numberOf(parseIpAddress(first as string)),
          last: numberOf(parseIpAddress(last as string)),
          seconds: secondsOf(timeout),
        }));
        const hosts = Array.from({ length: 40 }, (_, host) => parseIpAddress(`192.0.2.${host}`)!);
        const dropped = hosts.map((address) =>
          ranges
            .filter(({ first, last }) => first <= numberOf(address) && numberOf(address) <= last)
            .map(({ seconds }) => seconds),
        );
        const longestBan = hosts.map((address) => {
          const banned = bans
            .filter((one) => isWithin(address, parseIpNetwork(one.network)!))
            .map(({ expiresAt }) =>
              expiresAt === undefined ? Number.POSITIVE_INFINITY : (expiresAt - NOW) / 1_000,
            );
          return banned.length === 0 ? [] : [Math.max(...banned)];
        });
        expect(dropped).toEqual(longestBan);
      }),
      { numRuns: 500 },
    );
  });

  it('knows both families to their ends', () => {
    const ends = [{ network: '0.0.0.0/0' }, { network: '::/0' }];
    expect(format(ends, 'nftables')).toContain(
      set(4, '0.0.0.0-255.255.255.255') + set(6, '::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'),
    );
  });
});

describe('a file for ipset', () => {
  it('fills a set beside the one in use, and puts it in its place', () => {
    const kind = (family: string) => `hash:net family ${family} timeout 0 maxelem 16777216`;
    expect(format(SAMPLE, 'ipset').split('\n')).toEqual([
      `create portcullis_ipv4 ${kind('inet')}`,
      `create portcullis_ipv4_new ${kind('inet')}`,
      'flush portcullis_ipv4_new',
      'add portcullis_ipv4_new 203.0.113.7/32 timeout 3600',
      'swap portcullis_ipv4_new portcullis_ipv4',
      'destroy portcullis_ipv4_new',
      `create portcullis_ipv6 ${kind('inet6')}`,
      `create portcullis_ipv6_new ${kind('inet6')}`,
      'flush portcullis_ipv6_new',
      'add portcullis_ipv6_new 2001:db8::/64 timeout 0',
      'swap portcullis_ipv6_new portcullis_ipv6',
      'destroy portcullis_ipv6_new',
      '',
    ]);
  });

  it('splits what it has no word for, and cuts what is too long', () => {
    const bans = [
      { network: '0.0.0.0/0', expiresAt: NOW + 1_000 * HOUR },
      { network: '::/0', expiresAt: NOW + 1 },
    ];
    const added = [...format(bans, 'ipset').matchAll(/^add \w+ (.*)$/gm)].map(([, element]) => element);
    expect(added).toEqual([
      '0.0.0.0/1 timeout 2147483',
      '128.0.0.0/1 timeout 2147483',
      '::/1 timeout 1',
      '8000::/1 timeout 1',
    ]);
  });
});

describe('no reason breaks out', () => {
  it('of its line, whatever it says', () => {
    fc.assert(
      fc.property(fc.array(reason, { maxLength: 10 }), (reasons) => {
        const bans = reasons.map((why, index) => ({ network: `192.0.2.${index}`, reason: why }));
        const mute = bans.map(({ network: text }) => ({ network: text }));
        expect(format(bans, 'nftables')).toBe(format(mute, 'nftables'));
        expect(format(bans, 'ipset')).toBe(format(mute, 'ipset'));
        for (const line of format(bans, 'plain').split('\n').slice(0, -1))
          expect(line).toMatch(/^192\.0\.2\.\d\/32( # \P{C}+)?$/u);
        expect(
          format(bans, 'drop')
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line).cidr ?? 'end'),
        ).toEqual([...mute.map(({ network: text }) => `${text}/32`), 'end']);
        expect(JSON.parse(format(bans, 'crowdsec'))).toHaveLength(bans.length);
      }),
    );
  });
});
