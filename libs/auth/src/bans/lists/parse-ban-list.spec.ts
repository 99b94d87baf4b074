import fc from 'fast-check';
import { anyLetter } from '../../any-letter.spec-support.js';
import { parseIpNetwork } from '../../net/ip-address.js';
import type { BanListFormat } from './ban-list.js';
import { parseGoDuration } from './go-duration.js';
import { networkNameOf } from './list-network.js';
import { parseBanList, parseLongBanList, readBanList } from './parse-ban-list.js';

const NOW = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const parse = (text: string, format?: BanListFormat) => parseBanList(text, format, NOW);
const networksOf = (text: string, format?: BanListFormat) =>
  parse(text, format).networks.map(({ network }) => network);
const problemsOf = (text: string, format?: BanListFormat) =>
  parse(text, format).problems.map(({ line, problem }) => `${line}: ${problem}`);

describe('a plain list', () => {
  it('is what FireHOL publishes', () => {
    const list = '#\n# firehol_level1\n#\n# Entries: 3\n\n1.10.16.0/20\n1.19.0.1\n2001:db8::/32\n';
    expect(parse(list)).toEqual({
      networks: [{ network: '1.10.16.0/20' }, { network: '1.19.0.1/32' }, { network: '2001:db8::/32' }],
      problems: [],
      furtherProblems: 0,
    });
  });

  it('is what ipsum publishes, with a column more', () => {
    expect(networksOf('# IPsum\n1.2.3.4\t8\n5.6.7.8 3 x\n')).toEqual(['1.2.3.4/32', '5.6.7.8/32']);
  });

  it('is what Spamhaus published, with the reason behind', () => {
    const list = '; Spamhaus DROP List\n1.10.16.0/20 ; SBL256894\n1.2.3.4# brute force # again\n5.6.7.8 #\n';
    expect(parse(list).networks).toEqual([
      { network: '1.10.16.0/20', reason: 'SBL256894' },
      { network: '1.2.3.4/32', reason: 'brute force # again' },
      { network: '5.6.7.8/32' },
    ]);
  });

  it('may come from Windows, and end anywhere', () => {
    expect(parse('\uFEFF1.2.3.4\r\n\r\n \t 5.6.7.8 \r\n9.9.9.9')).toMatchObject({
      networks: [{ network: '1.2.3.4/32' }, { network: '5.6.7.8/32' }, { network: '9.9.9.9/32' }],
      problems: [],
    });
  });

  it('has its networks in canonical form, each once', () => {
    expect(
      networksOf('1.2.3.4/24\n1.2.3.0/24\n2001:DB8:0::1/64\n::ffff:5.6.7.8\n5.6.7.8/32\n1.2.3.9/24'),
    ).toEqual(['1.2.3.0/24', '2001:db8::/64', '5.6.7.8/32']);
  });

  it.each([
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '0x7f.1',
    '2001:db8::/129',
    'x.example',
    '1.2.3.4,5.6.7.8',
    '-',
  ])('loses %j and nothing else', (bad) => {
    const { networks, problems } = parse(`9.9.9.9\n${bad}\n8.8.8.8`);
    expect(networks).toHaveLength(2);
    expect(problems).toEqual([{ line: 2, problem: `neither an address nor a network: "${bad}"` }]);
  });

  it('may be empty', () => {
    for (const empty of ['', '\n\n', '# nothing today', '\uFEFF'])
      expect(parse(empty)).toEqual({ networks: [], problems: [], furtherProblems: 0 });
  });
});

describe('no list shuts out the internet', () => {
  it.each([
    '0.0.0.0/0',
    '0.0.0.0/1',
    '128.0.0.0/1',
    '8.0.0.0/7',
    '::/0',
    '2000::/3',
    '2001::/18',
    '::ffff:0:0/96',
    '::ffff:0.0.0.0/96',
  ])('with %s', (network) => {
    for (const text of [
      network,
      `{"cidr":"${network}"}`,
      `[{"type":"ban","scope":"Range","value":"${network}","duration":"1h"}]`,
    ]) {
      expect(parse(text)).toMatchObject({ networks: [], problems: [{ line: 1 }] });
      expect(problemsOf(text)[0]).toContain('which no list may ban');
    }
  });

  it('though big networks may be named', () => {
    expect(networksOf('8.0.0.0/8\n2001:2000::/19\n')).toEqual(['8.0.0.0/8', '2001:2000::/19']);
  });
});

describe('a list of Spamhaus DROP', () => {
  const DROP = [
    '{"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}',
    '{"cidr":"2001:678:738::/48","sblid":"SBL635837","rir":"ripencc"}',
    '{"type":"metadata","timestamp":1700000000,"size":123,"records":2,"copyright":"(c)","terms":"https://x.example"}',
  ].join('\n');

  it('is recognised, with its metadata', () => {
    const networks = [
      { network: '1.10.16.0/20', reason: 'SBL256894' },
      { network: '2001:678:738::/48', reason: 'SBL635837' },
    ];
    expect(parse(DROP)).toEqual({ networks, problems: [], furtherProblems: 0 });
    expect(parse(`\uFEFF${DROP.replaceAll('\n', '\r\n')}\r\n`)).toEqual(parse(DROP));
  });

  it('loses what is no entry, and nothing else', () => {
    const list = `${DROP}\n{"cidr":7}\nnull\n\n{"cidr":"1.2.3.4\n{"cidr":"5.6.7.8"}\n{"cidr":"x"}\n"1.2.3.4"`;
    expect(networksOf(list)).toEqual(['1.10.16.0/20', '2001:678:738::/48', '5.6.7.8/32']);
    expect(problemsOf(list)).toEqual([
      '4: an entry without cidr: "{"cidr":7}"',
      '5: no JSON object: "null"',
      '7: no JSON object: "{"cidr":"1.2.3.4"',
      '9: neither an address nor a network: "x"',
      '10: no JSON object: ""1.2.3.4""',
    ]);
  });
});

describe('decisions of CrowdSec', () => {
  const decision = (value: string, more: object = {}) => ({
    duration: '3h59m',
    origin: 'crowdsec',
    scenario: 'crowdsecurity/ssh-bf',
    scope: 'Ip',
    type: 'ban',
    value,
    ...more,
  });
  const kept = (value: unknown) => parse(JSON.stringify(value));

  it('come one by one from the local API', () => {
    expect(kept([decision('1.2.3.4'), decision('5.6.7.0/24', { scope: 'range', type: 'BAN' })])).toEqual({
      networks: [
        { network: '1.2.3.4/32', reason: 'crowdsecurity/ssh-bf', expiresAt: NOW + 4 * HOUR - 60_000 },
        { network: '5.6.7.0/24', reason: 'crowdsecurity/ssh-bf', expiresAt: NOW + 4 * HOUR - 60_000 },
      ],
      problems: [],
      furtherProblems: 0,
    });
  });

  it('come in alerts from cscli', () => {
    const alerts = [
      { id: 1, decisions: [decision('1.2.3.4'), decision('5.6.7.8')] },
      { id: 2, decisions: null },
      { id: 3, decisions: [decision('nobody')] },
    ];
    expect(kept(alerts)).toMatchObject({
      networks: [{ network: '1.2.3.4/32' }, { network: '5.6.7.8/32' }],
      problems: [{ line: 3, problem: 'neither an address nor a network: "nobody"' }],
    });
  });

  it('are null or an empty list where there are none', () => {
    for (const none of ['null', ' null\n', '[]', '\uFEFF[ ]\n'])
      expect(parse(none)).toEqual({ networks: [], problems: [], furtherProblems: 0 });
  });

  it('that ban nobody are passed over', () => {
    const others = [{ type: 'captcha' }, { duration: '-1h3m' }, { duration: '0s' }, { simulated: true }];
    expect(kept(others.map((more) => decision('1.2.3.4', more)))).toMatchObject({
      networks: [],
      problems: [],
    });
  });

  it('end when they say, whatever the duration was', () => {
    const [before, after] = ['2029-12-31T23:59:59Z', '2030-01-01T01:00:00.123456789Z'];
    expect(kept([decision('1.2.3.4', { until: before })]).networks).toEqual([]);
    expect(kept([decision('1.2.3.4', { until: after })]).networks[0]?.expiresAt).toBe(NOW + HOUR + 123);
    expect(kept([decision('1.2.3.4', { until: 'soon' })]).networks[0]?.expiresAt).toBe(
      NOW + 4 * HOUR - 60_000,
    );
  });

  it('for one address are one, which lasts as long as the longest', () => {
    const [short, long] = [decision('1.2.3.4'), decision('1.2.3.4', { duration: '99h', scenario: 'long' })];
    for (const list of [
      [short, long],
      [long, short],
    ])
      expect(kept(list).networks).toEqual([
        { network: '1.2.3.4/32', reason: 'long', expiresAt: NOW + 99 * HOUR },
      ]);
  });

  it('that are none are reported by their number', () => {
    const list = [
      decision('1.2.3.4'),
      decision('DE', { scope: 'Country' }),
      decision('1.2.3.5', { duration: 'soon' }),
      decision('1.2.3.6', { duration: undefined }),
      decision('1.2.3.7', { duration: `${'9'.repeat(30)}h` }),
      'x',
      null,
      {},
      { decisions: 'many' },
      decision('1.2.3.8', { value: ['1.2.3.8'] }),
    ];
    expect(networksOf(JSON.stringify(list))).toEqual(['1.2.3.4/32']);
    expect(problemsOf(JSON.stringify(list))).toEqual([
      '2: a ban of neither Ip nor Range: "Country"',
      '3: a decision without a readable duration: "1.2.3.5"',
      '4: a decision without a readable duration: "1.2.3.6"',
      '5: a decision without a readable duration: "1.2.3.7"',
      '6: no decision',
      '7: no decision',
      '8: a decision without type, scope or value',
      '9: no decision',
      '10: a decision without type, scope or value',
    ]);
  });

  it.each(['[', '[1,]', '{"message":"access forbidden"}', '', 'true', '['.repeat(100_000)])(
    '%# no list of them is one problem',
    (text) => {
      expect(parse(text, 'crowdsec')).toMatchObject({
        networks: [],
        problems: [{ line: 1 }],
        furtherProblems: 0,
      });
    },
  );
});

describe('a list that means harm', () => {
  it('has its problems reported up to the hundredth, and counted beyond', () => {
    const { networks, problems, furtherProblems } = parse(`${'bad\n'.repeat(1_000)}1.2.3.4`);
    expect([networks.length, problems.length, furtherProblems]).toEqual([1, 100, 900]);
    expect(problems[99]?.line).toBe(100);
  });

  it('may have a line without end', () => {
    const long = `1.2.3.4 ${'x'.repeat(10_000_000)}`;
    for (const format of ['plain', 'drop'] as const) {
      const { networks, problems } = parse(`${long}\n`, format);
      expect(networks).toEqual([]);
      expect(problems).toEqual([
        { line: 1, problem: expect.stringMatching(/^a line that is too long: "1.2.3.4 x{52}"…$/) },
      ]);
    }
  });

  it('is never quoted beyond 60 printable characters', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: anyLetter, maxLength: 300 }),
        fc.constantFrom('plain', 'drop', 'crowdsec'),
        (text, format) => {
          for (const { problem } of parse(text, format as BanListFormat).problems) {
            expect(problem).toMatch(/^[\x20-\x7e]+…?$/);
            expect(/: "(.*)"…?$/.exec(problem)?.[1]?.length ?? 0).toBeLessThanOrEqual(60);
          }
        },
      ),
    );
  });

  it('gives reasons of one short line', () => {
    const text = JSON.stringify({ cidr: '1.2.3.4', sblid: `a\n\u001b[2J\u2028b\u202e ${'c'.repeat(500)}` });
    const reason = parse(text).networks[0]?.reason ?? '';
    expect(reason).toMatch(/^a \[2J b c+$/);
    expect(reason).toHaveLength(200);
    expect(parse('{"cidr":"1.2.3.4","sblid":{}}').networks).toEqual([{ network: '1.2.3.4/32' }]);
  });

  it('is read in steps, so that a million of entries does not keep others waiting', () => {
    let steps = 0;
    const reading = readBanList('1.2.3.4\n'.repeat(10_000), 'plain', NOW);
    while (!reading.next().done) steps++;
    expect(steps).toBe(5);
  });

  const decision = {
    type: 'ban',
    scope: 'Ip',
    value: '1.2.3.4',
    duration: '4h',
    scenario: 'crowdsec/probing',
  };
  const decisions = Array.from({ length: 20_000 }, () => decision);

  it.each([
    ['decisions', decisions],
    ['alerts', decisions.map((each) => ({ decisions: [each] }))],
    ['the decisions of one alert', [{ id: 1, decisions, events: decisions }]],
  ])('is read in steps also as JSON, be it of %s', (_, list) => {
    const text = JSON.stringify(list);
    const reading = readBanList(text, 'crowdsec', NOW);
    let steps = 0;
    let step = reading.next();
    for (; !step.done; step = reading.next()) steps++;
    expect(steps).toBe(Math.ceil(text.length / 16_384));
    expect(step.value).toMatchObject({ networks: [{ network: '1.2.3.4/32' }], problems: [] });
  });

  it('is nothing when it is cut off, however much of it could be read', () => {
    const text = JSON.stringify(decisions).slice(0, -1);
    expect(parse(text, 'crowdsec')).toMatchObject({
      networks: [],
      problems: [{ line: 1, problem: expect.stringMatching(/^no JSON array: /) }],
    });
  });

  it('says the same wherever its pieces are cut', async () => {
    const lists = [
      '\uFEFF 1.2.3.4 # é\r\n\n2001:db8::/64\nnobody\n203.0.113.0/24',
      `1.2.3.4\n${'x'.repeat(70_000)}\n5.6.7.8`,
      '{"cidr":"1.2.3.4","sblid":"SBL1"}\n{"type":"metadata"}\n{"cidr":5}',
      `\uFEFF${JSON.stringify([decision, { decisions: null }, { decisions: [decision, 5] }, 'none'])}`,
      ' null ',
      'nu',
    ];
    for (const list of lists) {
      const whole = parse(list);
      for (const length of [1, 2, 3, 7, 1_000]) {
        const pieces = list.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
        expect(await parseLongBanList(['', ...pieces], undefined, NOW)).toEqual(whole);
      }
    }
  });
});

describe('the short cut for IPv4', () => {
  it('leads where the long way leads', () => {
    const octet = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom('00', '01', '', '1e1'),
    );
    const prefix = fc.oneof(
      fc.constant(''),
      fc.integer({ min: 0, max: 40 }).map((length) => `/${length}`),
      fc.constantFrom('/', '/08', '/-1'),
    );
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), prefix, (octets, suffix) => {
        const text = `${octets.join('.')}${suffix}`;
        const { text: network, version, prefixLength } = parseIpNetwork(text) ?? {};
        expect(networkNameOf(text)).toEqual(
          network === undefined
            ? undefined
            : expect.objectContaining({ text: network, version, prefixLength }),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a Go duration', () => {
  it.each([
    ['167h59m1.5s', 167 * HOUR + 59 * 60_000 + 1_500],
    ['-1h', -HOUR],
    ['+1h', HOUR],
    ['0', 0],
    ['.5h', HOUR / 2],
    ['1.s', 1_000],
    ['1ms1us1µs1μs1ns', 2],
  ])('%s is read', (text, milliseconds) => {
    expect(parseGoDuration(text)).toBe(milliseconds);
  });

  it.each([
    '',
    '-',
    '1',
    'h',
    '1d',
    '1h 2m',
    '1h-2m',
    '.s',
    '1e3s',
    'Infinityh',
    `${'1'.repeat(60)}h`,
    '1h'.repeat(1_000),
  ])('%j is none', (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});
