import { Controller, Get } from '@nestjs/common';
import { BanService, type PortcullisOptions, RequireApp, RequireUser } from '@portcullis/auth';
import passport from 'passport';
import { appWith, userWith } from '../support/credentials.js';
import { platforms } from '../support/platforms.js';
import { describeOnPlatforms, RunningApp } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireUser('parcels:read')
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp('scans:write')
  @Get('app')
  app() {
    return 'in';
  }
}

const optionsOf = {
  a: {
    tokens: { audience: 'https://a.example', issuer: { url: 'https://login.a.example' } },
    apiKeys: { header: 'X-A-Key', prefix: 'aaa' },
    bans: { privateAddresses: true },
  },
  b: {
    tokens: { audience: 'https://b.example', issuer: { url: 'https://login.b.example' } },
    apiKeys: { header: 'X-B-Key', prefix: 'bbb' },
    bans: { privateAddresses: true },
  },
} satisfies Record<string, PortcullisOptions>;

const partsOf = (name: 'a' | 'b') => ({ portcullis: optionsOf[name], controllers: [RoutesController] });

/** The process-wide registry that every use of Passport shares by default. */
const registry = (passport as unknown as { _strategies: object })._strategies;

const orders = [['a', 'b'] as const, ['b', 'a'] as const];

describe.each(
  platforms.flatMap((platform) => orders.map(([first, second]) => ({ platform, first, second }))),
)('two apps in one process on $platform, $first booted before $second', ({ platform, first, second }) => {
  const apps = { a: new RunningApp(platform), b: new RunningApp(platform) };
  const before = Object.keys(registry);

  beforeAll(async () => {
    for (const name of [first, second]) await apps[name].start(partsOf(name));
  });

  afterAll(async () => {
    for (const running of Object.values(apps)) await running.close();
  });

  const call = (name: 'a' | 'b', path: string, headers: object) => apps[name].statusOf(path, headers);
  const keyOf = async ({ app }: RunningApp) => (await appWith(app, ['scans:write']))['x-api-key'];

  it.each([
    { own: 'a', other: 'b' },
    { own: 'b', other: 'a' },
  ] as const)('a token of $own opens $own, and not $other', async ({ own, other }) => {
    const token = await userWith(apps[own].app, ['parcels:read']);
    expect(await call(own, '/user', token)).toBe(200);
    expect(await call(other, '/user', token)).toBe(401);
    expect(await call(own, '/user', token)).toBe(200);
  });

  it.each([
    { own: 'a', other: 'b' },
    { own: 'b', other: 'a' },
  ] as const)(
    'a key of $own opens $own, and not $other, under either name of the header',
    async ({ own, other }) => {
      const key = await keyOf(apps[own]);
      const headers = { a: 'x-a-key', b: 'x-b-key' };
      expect(await call(own, '/app', { [headers[own]]: key })).toBe(200);
      expect(await call(other, '/app', { [headers[own]]: key })).toBe(401);
      expect(await call(other, '/app', { [headers[other]]: key })).toBe(401);
      expect(await call(own, '/app', { [headers[other]]: key })).toBe(401);
    },
  );

  it("Passport's process-wide registry is as it was", () => {
    expect(Object.keys(registry)).toEqual(before);
    expect(before).toEqual(['session']);
  });

  it('a ban in one is none in the other', async () => {
    const ban = await apps.a.app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    const token = await userWith(apps.b.app, ['parcels:read']);
    expect(await call('a', '/user', token)).toBe(403);
    expect(await call('b', '/user', token)).toBe(200);
    await apps.a.app.get(BanService).unban(ban.id);
  });
});

describeOnPlatforms('two apps with the same options on %s', (one) => {
  const other = new RunningApp(one.platform);

  afterAll(() => other.close());

  it('do not take each other for themselves: each has keys and stores of its own', async () => {
    for (const running of [one, other]) await running.start(partsOf('a'));
    const token = await userWith(one.app, ['parcels:read']);
    const key = { 'x-a-key': (await appWith(one.app, ['scans:write']))['x-api-key'] };
    for (const [running, status] of [[one, 200] as const, [other, 401] as const]) {
      expect(await running.statusOf('/user', token)).toBe(status);
      expect(await running.statusOf('/app', key)).toBe(status);
    }
    await one.close();
    expect(await other.statusOf('/user', await userWith(other.app, ['parcels:read']))).toBe(200);
  });
});
