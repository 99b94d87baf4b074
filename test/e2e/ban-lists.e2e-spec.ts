import {
  type BanPage,
  type BanRecord,
  BanService,
  MemoryBanStore,
  PortcullisAdminModule,
  parseBanList,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const BAN: Omit<BanRecord, 'id' | 'network' | 'createdAt' | 'expiresAt'> = {
  ...{ reason: 'kept', rule: 'probing', actor: null, offence: 1, shadow: false },
  ...{ liftedAt: null, liftedBy: null, strikes: [] },
};

describeOnPlatforms('lists of bans on %s', (running) => {
  let store: MemoryBanStore;

  const start = () => {
    store = new MemoryBanStore();
    const bans = { ...noStrikes, allowed: ['198.51.100.0/24', '2001:db8:1::1'] };
    return running.start({
      portcullis: { tokens: ownTokens, bans, stores: { bans: store }, trustedProxies: ['192.0.2.8/29'] },
      imports: [PortcullisAdminModule.register()],
    });
  };
  const call = async (method: string, path: string, body?: object, scopes = ['bans:admin']) =>
    running.send(method, `/admin/bans${path}`, await userWith(running.app, scopes, 'root'), body);
  const imported = (list: string, more: object = {}) =>
    call('POST', '/import', { list, reason: 'the list', ...more });
  const exported = async (format: string) => (await call('GET', `/export?format=${format}`)).text();
  const listed = async () => ((await (await call('GET', '?limit=1000')).json()) as BanPage).bans;

  describe('that nobody may send, or that make no sense', () => {
    beforeAll(start);

    it('are open to nobody without the scope', async () => {
      const key = await appWith(running.app, ['bans:admin']);
      for (const [method, path] of [
        ['POST', '/import'],
        ['GET', '/export?format=plain'],
      ] as const) {
        expect((await running.fetch(`/admin/bans${path}`, { method })).status).toBe(401);
        expect((await running.fetch(`/admin/bans${path}`, { method, headers: key })).status).toBe(401);
        expect((await call(method, path, undefined, ['keys:admin'])).status).toBe(403);
      }
    });

    it.each<[string, object]>([
      ['no list', { list: undefined }],
      ['a list that is no text', { list: ['203.0.113.7'] }],
      ['an unknown format', { format: 'csv' }],
      ['a format for exports', { format: 'ipset' }],
      ['no reason', { reason: '' }],
      ['no time', { seconds: 0 }],
      ['something else', { rule: 'mine' }],
    ])('are refused with %s', async (_, more) => {
      expect((await imported('203.0.113.7', more)).status).toBe(400);
      expect(await listed()).toEqual([]);
    });
  });

  it('are imported, with what could not be read', async () => {
    await start();
    const answer = await imported('203.0.113.7 # scanner\nnonsense\n203.0.113.0/25\n', { seconds: 60 });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        imported: 2,
        skipped: 0,
        problems: [{ line: 2, problem: 'neither an address nor a network: "nonsense"' }],
        furtherProblems: 0,
      },
    ]);
    const bans = await listed();
    expect(new Set(bans.map(({ network, reason }) => `${network} ${reason}`))).toEqual(
      new Set(['203.0.113.7/32 scanner', '203.0.113.0/25 the list']),
    );
    for (const ban of bans) {
      expect(ban).toMatchObject({ rule: null, actor: 'root' });
      expect(ban.expiresAt - ban.createdAt).toBe(60_000);
    }
    expect(running.events.of('bans.imported')).toEqual([
      { type: 'bans.imported', count: 2, actor: 'root', address: '127.0.0.1', requestId: expect.any(String) },
    ]);
    expect(running.events.of('address.banned')).toEqual([]);
  });

  it('are imported once', async () => {
    await start();
    const list =
      '[{"type":"ban","scope":"Ip","value":"203.0.113.7","duration":"1h","until":"2999-01-01T00:00:00Z"}]';
    const answers = [];
    for (const format of [undefined, 'crowdsec'])
      answers.push(await (await imported(list, { format })).json());
    expect(answers).toMatchObject([
      { imported: 1, skipped: 0 },
      { imported: 0, skipped: 1 },
    ]);
    expect(await listed()).toMatchObject([{ expiresAt: Date.UTC(2999, 0, 1) }]);
  });

  it.each(['127.0.0.1', '127.0.0.0/8'])(
    'that hold the own address are refused without force: %s',
    async (own) => {
      await start();
      const refused = await imported(`203.0.113.7\n${own}\n`);
      expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining(own)]);
      expect(await listed()).toEqual([]);
      expect((await imported(`203.0.113.7\n${own}\n`, { force: true })).status).toBe(200);
      expect(await listed()).toHaveLength(2);
    },
  );

  describe('of the bans in force', () => {
    beforeAll(async () => {
      await start();
      const [createdAt, expiresAt] = [Date.now(), Date.now() + 3_600_000];
      const networks: Record<string, Partial<BanRecord>> = {
        '203.0.113.7/32': { reason: 'line\nbreak' },
        '2001:db8:2::/64': {},
        '203.0.113.8/32': { shadow: true },
        '203.0.113.9/32': { expiresAt: createdAt - 1 },
        '198.51.100.0/24': {},
        '198.51.100.7/32': {},
        '192.0.2.9/32': {},
        '198.51.0.0/16': {},
        '2001:db8:1::1/128': {},
      };
      await store.save(
        Object.entries(networks).map(([network, more]) => ({
          ...{ ...BAN, id: network, network, createdAt, expiresAt },
          ...more,
        })),
      );
    });
    const HELD = ['198.51.0.0/16', '2001:db8:2::/64', '203.0.113.7/32'];

    it.each(['plain', 'drop', 'crowdsec'] as const)('can be read again as %s', async (format) => {
      const { networks, problems } = parseBanList(await exported(format), format, Date.now());
      expect([networks.map(({ network }) => network).sort(), problems]).toEqual([HELD, []]);
    });

    it('are written for the firewall', async () => {
      expect(await exported('nftables')).toMatch(
        /^add table inet portcullis\n[\s\S]*203\.0\.113\.7 timeout \d+s/,
      );
      expect(await exported('ipset')).toMatch(
        /^create portcullis_ipv4 [\s\S]*add portcullis_ipv4_new 203\.0\.113\.7/,
      );
    });

    it('are plain text, and no page', async () => {
      const answer = await call('GET', '/export?format=plain');
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect((await answer.text()).split('\n').sort().slice(1)).toEqual([
        '198.51.0.0/16 # kept',
        '2001:db8:2::/64 # kept',
        '203.0.113.7/32 # line break',
      ]);
    });

    it('are refused in a format that there is not', async () => {
      for (const query of ['', '?format=csv', '?format=plain&format=drop'])
        expect((await call('GET', `/export${query}`)).status).toBe(400);
    });
  });

  it('of very many bans come whole', async () => {
    await start();
    const list = Array.from({ length: 20_000 }, (_, index) => ({
      network: `203.0.${index >> 8}.${index & 255}`,
    }));
    await running.app.get(BanService).import(list, { reason: 'many', seconds: 60 });
    expect((await exported('plain')).split('\n')).toHaveLength(20_001);
  });
});
