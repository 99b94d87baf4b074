import { Controller, Get, type INestApplication } from '@nestjs/common';
import { BanService, Honeypot, PortcullisModule, Public, RequireUser } from '@portcullis/auth';
import { ownTokens } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { boot, platforms } from '../support/platforms.js';

@Controller()
class RoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @RequireUser()
  @Get('user')
  user() {
    return 'in';
  }

  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }
}

describe.each(platforms)('X-Forwarded-For on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let events: EventRecorder;

  const statusOf = async (path: string, forwardedFor?: string) =>
    (
      await fetch(url + path, {
        headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
      })
    ).status;
  /** The address that a failed request is counted against. */
  const struckFor = async (forwardedFor?: string) => {
    const count = events.of('address.struck').length + 1;
    expect(await statusOf('/user', forwardedFor)).toBe(401);
    return (await events.first('address.struck', count)).at(-1)?.request.address;
  };
  const start = async (trustedProxies: string[]) => {
    const imports = [
      PortcullisModule.forRoot({ tokens: ownTokens, trustedProxies, bans: { privateAddresses: true } }),
    ];
    ({ app, url } = await boot(platform, { imports, controllers: [RoutesController] }));
    events = new EventRecorder(app);
  };

  afterEach(() => app.close());

  describe('from a trusted proxy', () => {
    beforeEach(() => start(['127.0.0.1', '10.0.0.0/8']));

    it('names the client', async () => {
      expect(await struckFor('203.0.113.7')).toBe('203.0.113.7');
      expect(await struckFor('2001:DB8:0::7')).toBe('2001:db8::7');
    });

    it('is read from the right: what the client itself wrote in front is not believed', async () => {
      expect(await struckFor('198.51.100.1, 203.0.113.7')).toBe('203.0.113.7');
      expect(await struckFor('10.0.0.1, 203.0.113.7')).toBe('203.0.113.7');
      expect(await struckFor('127.0.0.1, 203.0.113.7')).toBe('203.0.113.7');
    });

    it('is read past further trusted proxies', async () => {
      expect(await struckFor('198.51.100.1, 203.0.113.7, 10.1.2.3, 10.3.2.1')).toBe('203.0.113.7');
    });

    it('may carry a port', async () => {
      expect(await struckFor('203.0.113.7:4711')).toBe('203.0.113.7');
      expect(await struckFor('[2001:db8::7]:4711')).toBe('2001:db8::7');
    });

    it('bans the client, and nobody else behind the proxy', async () => {
      await app.get(BanService).ban('203.0.113.7', { reason: 'test' });
      expect(await statusOf('/public', '203.0.113.7')).toBe(403);
      expect(await statusOf('/public', '198.51.100.1, 203.0.113.7')).toBe(403);
      expect(await statusOf('/public', '203.0.113.8')).toBe(200);
      expect(await statusOf('/public', '203.0.113.7, 203.0.113.8')).toBe(200);
    });

    it.each([undefined, 'garbage', '203.0.113.7, garbage', '999.1.1.1', '0x7f.1', ','])(
      'as %j names nobody, and the proxy itself is never struck nor banned',
      async (forwardedFor) => {
        for (let count = 0; count < 25; count++) expect(await statusOf('/user', forwardedFor)).toBe(401);
        expect(await statusOf('/decoy', forwardedFor)).toBe(200);
        expect(await statusOf('/public', forwardedFor)).toBe(200);
        await app.close();
        expect(events.of('address.struck')).toEqual([]);
        expect(events.of('address.banned')).toEqual([]);
      },
    );
  });

  describe.each([
    ['where no proxy is trusted', []],
    ['where only others are trusted', ['10.0.0.0/8', '::1']],
  ])('%s', (_, trustedProxies) => {
    beforeEach(() => start(trustedProxies));

    it('is ignored: the client is who is connected', async () => {
      expect(await struckFor('203.0.113.7')).toBe('127.0.0.1');
      expect(await struckFor('10.0.0.1')).toBe('127.0.0.1');
    });

    it('does not help a banned client', async () => {
      await app.get(BanService).ban('127.0.0.1', { reason: 'test' });
      expect(await statusOf('/public', '203.0.113.7')).toBe(403);
    });
  });
});
