import { Controller, Get } from '@nestjs/common';
import {
  type ApiKeyPage,
  type Ban,
  type BanPage,
  type BanRecord,
  BanService,
  type CreatedApiKey,
  PortcullisAdminModule,
  RequireApp,
  RequireUser,
  TokenIssuer,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { type AppParts, describeOnPlatforms, type RunningApp } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireApp('scans:write')
  @Get('app')
  app() {
    return 'in';
  }

  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }
}

const parts: AppParts = {
  portcullis: { tokens: ownTokens, bans: noStrikes },
  imports: [
    PortcullisAdminModule.register({
      path: 'operations/access',
      scopes: { apiKeys: 'root:everything', bans: 'root:everything', revocations: 'root:everything' },
      grantable: () => ['scans:*'],
    }),
  ],
  controllers: [RoutesController],
};
const keys = '/operations/access/api-keys';
const bans = '/operations/access/bans';
const revocations = '/operations/access/revocations';
const newKey = { appId: 'depot', name: 'north', scopes: ['scans:write'], lifetimeSeconds: 'never' };

/** Sends requests as an admin with the one scope that opens everything, or with others. */
const adminOf =
  (running: RunningApp) =>
  async (method: string, path: string, body?: unknown, scopes = ['root:everything']) =>
    running.send(method, path, await userWith(running.app, scopes, 'root'), body);

describeOnPlatforms('admin routes on %s', (running) => {
  const call = adminOf(running);
  const answerOf = async <T>(method: string, path: string, body?: unknown) =>
    (await (await call(method, path, body)).json()) as T;

  beforeEach(() => running.start(parts));

  it('are closed to everybody without the configured scope, and not under their default path', async () => {
    for (const path of [keys, bans]) {
      expect((await running.fetch(path)).status).toBe(401);
      expect((await call('GET', path, undefined, ['keys:admin', 'bans:admin', 'tokens:admin'])).status).toBe(
        403,
      );
      expect((await call('GET', path)).status).toBe(200);
    }
    expect((await running.fetch(revocations, { method: 'POST' })).status).toBe(401);
    expect((await call('POST', revocations, {}, ['tokens:admin'])).status).toBe(403);
    for (const path of ['/admin/api-keys', '/admin/bans']) expect((await call('GET', path)).status).toBe(404);
  });

  it('are closed to apps, whatever scopes they have', async () => {
    const key = await appWith(running.app, ['root:everything']);
    for (const path of [keys, bans]) expect((await running.fetch(path, { headers: key })).status).toBe(401);
    expect((await running.fetch(revocations, { method: 'POST', headers: key })).status).toBe(401);
  });

  it('a key is made, shown once, listed without its secret, used, and revoked', async () => {
    const { key, id, ...info } = await answerOf<CreatedApiKey>('POST', keys, newKey);
    expect(info).toMatchObject({ appId: 'depot', name: 'north', scopes: ['scans:write'], expiresAt: null });
    const listed = await answerOf<ApiKeyPage>('GET', keys);
    expect(listed).toEqual({ keys: [{ id, ...info }] });
    expect(JSON.stringify(listed)).not.toContain('hash');

    const use = async () => (await running.fetch('/app', { headers: { 'x-api-key': key } })).status;
    expect(await use()).toBe(200);
    expect((await call('DELETE', `${keys}/${id}`)).status).toBe(204);
    expect(await use()).toBe(401);
    expect((await call('DELETE', `${keys}/${id}`)).status).toBe(404);
    expect(running.events.all.filter(({ type }) => type.startsWith('api-key.'))).toEqual([
      {
        type: 'api-key.created',
        keyId: id,
        appId: 'depot',
        actor: 'root',
        address: '127.0.0.1',
        requestId: expect.any(String),
      },
      {
        type: 'api-key.revoked',
        keyId: id,
        appId: 'depot',
        actor: 'root',
        address: '127.0.0.1',
        requestId: expect.any(String),
      },
    ]);
  });

  it('a network is banned, listed and unbanned', async () => {
    const response = await call('POST', bans, { network: '203.0.113.9/24', reason: 'scanners', seconds: 60 });
    expect(response.status).toBe(201);
    const ban = (await response.json()) as Ban;
    expect(ban).toMatchObject({ network: '203.0.113.0/24', reason: 'scanners', offence: 1 });
    expect(ban.expiresAt - ban.createdAt).toBe(60_000);
    expect(await answerOf('GET', bans)).toEqual({ bans: [ban] });
    expect((await call('DELETE', `${bans}/${ban.id}`)).status).toBe(204);
    expect(await answerOf('GET', bans)).toEqual({ bans: [] });
    expect((await call('DELETE', `${bans}/${ban.id}`)).status).toBe(404);
    const [lifted] = (await answerOf<BanPage>('GET', `${bans}?state=any`)).bans;
    expect(lifted).toMatchObject({ id: ban.id, liftedBy: 'root', liftedAt: lifted?.expiresAt });
    const who = { actor: 'root', address: '127.0.0.1', requestId: expect.any(String) };
    expect(running.events.all.filter(({ type }) => type.startsWith('address.'))).toEqual([
      { type: 'address.banned', ban, ...who },
      { type: 'address.unbanned', ban: lifted, forgiven: false, ...who },
    ]);
  });

  it('bans are filtered and paged', async () => {
    for (const network of ['203.0.113.1', '203.0.113.0/24', '198.51.100.1', '2001:db8::/32'])
      await call('POST', bans, { network, reason: 'x' });
    const networksOf = ({ bans: page }: BanPage) => page.map(({ network }) => network);
    const filtered = async (query: string) => networksOf(await answerOf<BanPage>('GET', `${bans}?${query}`));
    expect((await filtered('target=203.0.113.1')).sort()).toEqual(['203.0.113.0/24', '203.0.113.1/32']);
    expect(await filtered('target=203.0.113.128/25')).toEqual(['203.0.113.0/24']);
    expect(await filtered('target=2001:db8::7')).toEqual(['2001:db8::/32']);
    expect(await filtered('rule=path-probing')).toEqual([]);
    expect(await filtered('shadow=true')).toEqual([]);
    expect(await filtered('shadow=false')).toHaveLength(4);

    const pages: string[] = [];
    let page = await answerOf<BanPage>('GET', `${bans}?limit=3`);
    pages.push(...networksOf(page));
    expect(pages).toHaveLength(3);
    page = await answerOf<BanPage>('GET', `${bans}?limit=3&cursor=${page.nextCursor}`);
    expect(page.nextCursor).toBeUndefined();
    expect([...pages, ...networksOf(page)].sort()).toEqual((await filtered('state=any')).sort());
  });

  it('a ban says why, and is forgiven with its whole history', async () => {
    await running.app.get(BanService).ban('203.0.113.7', { reason: 'first' });
    const again = (await (
      await call('POST', bans, { network: '203.0.113.7', reason: 'again' })
    ).json()) as Ban;
    expect(again.offence).toBe(1);
    const { bans: reasons } = await answerOf<{ bans: BanRecord[] }>('GET', `${bans}/why?target=203.0.113.7`);
    expect(reasons.map(({ reason, actor, strikes }) => [reason, actor, strikes])).toEqual([
      ['again', 'root', []],
      ['first', null, []],
    ]);
    expect(await answerOf('GET', `${bans}/${again.id}`)).toEqual(reasons[0]);
    expect((await call('DELETE', `${bans}/${again.id}?forgive=true`)).status).toBe(204);
    expect(await answerOf('GET', `${bans}/why?target=203.0.113.7`)).toEqual({ bans: [] });
    expect((await call('GET', `${bans}/${again.id}`)).status).toBe(404);
    expect(running.events.of('address.unbanned')).toMatchObject([{ forgiven: true, actor: 'root' }]);
  });

  it('whoever lifts bans may say why, for the record', async () => {
    const made = async (network: string) =>
      (await (await call('POST', bans, { network, reason: 'x' })).json()) as Ban;
    const [one, two] = [await made('203.0.113.7'), await made('203.0.113.8')];
    const why = (text: string) => `reason=${encodeURIComponent(text)}`;
    expect((await call('DELETE', `${bans}/${one.id}?${why('our office')}`)).status).toBe(204);
    expect((await call('DELETE', `${bans}/${two.id}?forgive=true&${why('a mistake')}`)).status).toBe(204);
    expect((await call('DELETE', `${bans}?all=true&${why('a fresh start')}`)).status).toBe(200);
    expect(running.events.of('address.unbanned')).toMatchObject([
      { forgiven: false, reason: 'our office', actor: 'root' },
      { forgiven: true, reason: 'a mistake', actor: 'root' },
    ]);
    expect(running.events.of('bans.cleared')).toMatchObject([{ reason: 'a fresh start', actor: 'root' }]);
    for (const bad of ['reason=', `reason=${'x'.repeat(501)}`, 'reason=a&reason=b'])
      expect((await call('DELETE', `${bans}/${one.id}?${bad}`)).status).toBe(400);
  });

  it('all bans are cleared by who really means it', async () => {
    await call('POST', bans, { network: '203.0.113.7', reason: 'x' });
    for (const path of [bans, `${bans}?all=false`, `${bans}?all=`])
      expect((await call('DELETE', path)).status).toBe(400);
    expect(await answerOf('DELETE', `${bans}?all=true`)).toEqual({ cleared: 1 });
    expect(await answerOf('GET', `${bans}?state=any`)).toEqual({ bans: [] });
    expect(running.events.of('bans.cleared')).toEqual([
      { type: 'bans.cleared', count: 1, actor: 'root', address: '127.0.0.1', requestId: expect.any(String) },
    ]);
  });

  it.each(['127.0.0.1', '127.0.0.0/8', '0.0.0.0/0', '::ffff:127.0.0.1'])(
    'the own address of an admin is banned only by force: %s',
    async (network) => {
      const ban = { network, reason: 'oops' };
      expect((await call('POST', bans, ban)).status).toBe(409);
      expect((await call('POST', bans, { ...ban, force: false })).status).toBe(409);
      expect(await answerOf('GET', bans)).toEqual({ bans: [] });
      expect((await call('POST', bans, { ...ban, force: true })).status).toBe(201);
    },
  );

  it('a token, then all tokens of a user, are revoked', async () => {
    const issue = () => running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    const [one, other] = [await issue(), await issue()];
    const use = async (token: string) =>
      (await running.fetch('/user', { headers: { authorization: `Bearer ${token}` } })).status;
    expect((await call('POST', revocations, { tokenId: one.tokenId, reason: 'lost' })).status).toBe(201);
    expect([await use(one.accessToken), await use(other.accessToken)]).toEqual([401, 200]);
    expect((await call('POST', revocations, { subject: 'ada', reason: 'left' })).status).toBe(201);
    expect(await use(other.accessToken)).toBe(401);
    const issuer = ownTokens.issuer.url;
    expect(running.events.of('tokens.revoked')).toMatchObject([
      {
        revocation: { type: 'token', issuer, tokenId: one.tokenId, reason: 'lost' },
        actor: 'root',
        address: '127.0.0.1',
      },
      { revocation: { type: 'user', issuer, subject: 'ada', reason: 'left' }, actor: 'root' },
    ]);
  });
});

describeOnPlatforms('malformed requests to admin routes on %s', (running) => {
  const call = adminOf(running);
  const long = 'x'.repeat(501);

  beforeAll(() => running.start(parts));

  it.each<[string, string, unknown]>([
    ['no body', keys, undefined],
    ['no JSON', keys, '{"appId":'],
    ['a list', keys, []],
    ['a key without an app', keys, { ...newKey, appId: '' }],
    ['a key with a name of two lines', keys, { ...newKey, name: 'north\nsouth' }],
    ['a key with too much metadata', keys, { ...newKey, metadata: { text: 'x'.repeat(4_096) } }],
    ['a key with metadata that is a list', keys, { ...newKey, metadata: [1] }],
    ['a key from no network', keys, { ...newKey, networks: [] }],
    ['a key from a network that is none', keys, { ...newKey, networks: ['127.0.0.1', '127.0.0.0/33'] }],
    ['a key with a limit of nothing', keys, { ...newKey, rateLimit: { requests: 0, windowSeconds: 1 } }],
    ['a key with half a limit', keys, { ...newKey, rateLimit: { requests: 1 } }],
    ['a key with a limit in words', keys, { ...newKey, rateLimit: 'often' }],
    ['a key that begins in a million years', keys, { ...newKey, notBefore: 3e16 }],
    ['a key for a user', keys, { ...newKey, appId: undefined, issuer: 'https://i', subject: 'root' }],
    ['a key that grants itself more', keys, { ...newKey, grantable: ['a:b'] }],
    ['a key with a huge name', keys, { ...newKey, name: long }],
    ['a key with a name that is no text', keys, { ...newKey, name: { toString: 'x' } }],
    ['a key with a lifetime that is null', keys, { ...newKey, lifetimeSeconds: null }],
    ['a key with a negative lifetime', keys, { ...newKey, lifetimeSeconds: -1 }],
    ['a key with an endless lifetime in figures', keys, { ...newKey, lifetimeSeconds: 1e15 }],
    ['a key with scopes that are one text', keys, { ...newKey, scopes: 'scans:write' }],
    ['a key with a bare wildcard', keys, { ...newKey, scopes: ['*'] }],
    ['a key with two scopes in one', keys, { ...newKey, scopes: ['a b'] }],
    ['a key with too many scopes', keys, { ...newKey, scopes: Array(101).fill('a:b') }],
    ['a key with a property that there is not', keys, { ...newKey, hash: 'x' }],
    ['a key made in the name of another', keys, { ...newKey, actor: 'somebody' }],
    ['a ban of no network', bans, { network: '203.0.113.0/33', reason: 'x' }],
    ['a ban of a name', bans, { network: 'localhost', reason: 'x' }],
    ['a ban of a list', bans, { network: ['203.0.113.0/24'], reason: 'x' }],
    ['a ban without a reason', bans, { network: '203.0.113.0/24' }],
    ['a ban by a force that is no yes or no', bans, { network: '203.0.113.0/24', reason: 'x', force: 'yes' }],
    ['a ban with a huge reason', bans, { network: '203.0.113.0/24', reason: long }],
    ['a ban of no time', bans, { network: '203.0.113.0/24', reason: 'x', seconds: 0 }],
    ['a ban of half a second', bans, { network: '203.0.113.0/24', reason: 'x', seconds: 0.5 }],
    ['a ban with a property that there is not', bans, { network: '203.0.113.0/24', reason: 'x', offence: 9 }],
    ['a revocation of a token and a user', revocations, { tokenId: 'a', subject: 'b', reason: 'x' }],
    ['a revocation of nothing', revocations, { reason: 'x' }],
    ['a revocation of a token named by a number', revocations, { tokenId: 7, reason: 'x' }],
    ['a revocation without a reason', revocations, { tokenId: 'a' }],
    ['a revocation with a property that there is not', revocations, { tokenId: 'a', reason: 'x', until: 1 }],
  ])('%s is refused with 400, and nothing happens', async (_, path, body) => {
    const response = await call('POST', path, body);
    expect(response.status).toBe(400);
    const others = ['token.issued', 'request.refused'];
    expect(running.events.all.filter(({ type }) => !others.includes(type))).toEqual([]);
  });
});
