import { PortcullisModule } from '@portcullis/auth';
import { beginMinute } from '../support/clock.js';
import { EventRecorder } from '../support/events.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/bans.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { bans } = await load('bans.ts');
const { DecoysController } = await load('decoys.controller.ts');
const { originsOf } = await load('origins.ts');
const { PartnerProtection } = await load('partner-protection.ts');

afterAll(laidOut.remove);

describe.each(platforms)('the guide to bans on %s', (platform) => {
  it('bans as its rules say, by the names that a handler gives, and not whom somebody protects', async () => {
    beginMinute();
    const guarded = await boot(platform, {
      imports: [PortcullisModule.forRoot({ bans, trustedProxies: ['127.0.0.1'] })],
      controllers: [DecoysController],
      providers: [PartnerProtection],
    });
    const events = new EventRecorder(guarded.app);
    const send = (path: string, from: string, method = 'GET') =>
      fetch(guarded.url + path, { method, headers: { 'x-forwarded-for': from } });
    for (let index = 0; index < 10; index++)
      expect((await send('/old-login', '203.0.113.7', 'POST')).status).toBe(401);
    await events.first('address.banned');
    expect((await send('/avatars/x', '203.0.113.7')).status).toBe(403);
    expect((await send('/wp-login.php', '192.0.2.1')).status).toBe(200);
    expect((await send('/avatars/x', '192.0.2.1')).status).toBe(200);
    expect((await send('/wp-login.php', '198.51.100.1')).status).toBe(200);
    expect((await send('/avatars/x', '198.51.100.1')).status).toBe(200);
    expect(events.of('ban.vetoed')).toHaveLength(1);
    expect(events.of('address.banned').map(({ ban }) => ban.rule)).toEqual(['credential-stuffing']);
    await guarded.app.close();
  });

  it('refuses by country, and only reports by operator', async () => {
    const countries = {
      get: (address: string) => (address === '192.0.2.1' ? { country: { iso_code: 'CH' } } : null),
    };
    const networks = { get: () => ({ autonomous_system_number: 64500 }) };
    const options = { trustedProxies: ['127.0.0.1'], bans: { origins: originsOf(countries, networks) } };
    const { app, url } = await boot(platform, {
      imports: [PortcullisModule.forRoot(options)],
      controllers: [DecoysController],
    });
    const statusOf = async (from: string) =>
      (await fetch(`${url}/avatars/x`, { headers: { 'x-forwarded-for': from } })).status;
    expect([await statusOf('192.0.2.1'), await statusOf('192.0.2.2')]).toEqual([200, 403]);
    await app.close();
  });

  it('bans whoever touches the decoy', async () => {
    const imports = [PortcullisModule.forRoot({ trustedProxies: ['127.0.0.1'] })];
    const { app, url } = await boot(platform, { imports, controllers: [DecoysController] });
    const statusOf = async (path: string, from: string) =>
      (await fetch(url + path, { headers: { 'x-forwarded-for': from } })).status;
    expect(await statusOf('/avatars/nobody', '203.0.113.7')).toBe(200);
    expect(await statusOf('/wp-login.php', '203.0.113.7')).toBe(200);
    expect(await statusOf('/avatars/nobody', '203.0.113.7')).toBe(403);
    expect(await statusOf('/avatars/nobody', '203.0.113.8')).toBe(200);
    await app.close();
  });
});
