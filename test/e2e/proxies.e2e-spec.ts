import { BanService } from '@portcullis/auth';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

describeOnPlatforms('X-Forwarded-For on %s', (running) => {
  const start = (trustedProxies: string[]) =>
    running.start({
      portcullis: { tokens: ownTokens, trustedProxies, bans: { privateAddresses: true, ...eachRefusal } },
      controllers: [PlainRoutesController],
    });
  const statusOf = (path: string, forwardedFor?: string) =>
    running.statusOf(path, forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor });
  /** The address that a failed request is counted against. */
  const struckFor = async (forwardedFor?: string) => {
    const count = running.events.of('address.struck').length + 1;
    expect(await statusOf('/user', forwardedFor)).toBe(401);
    return (await running.events.first('address.struck', count)).at(-1)?.request.address;
  };

  describe('from a trusted proxy', () => {
    const proxies = ['127.0.0.1', '10.0.0.0/8'];

    describe('that names clients', () => {
      beforeAll(() => start(proxies));

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
        await running.app.get(BanService).ban('192.0.2.7', { reason: 'test' });
        expect(await statusOf('/public', '192.0.2.7')).toBe(403);
        expect(await statusOf('/public', '198.51.100.1, 192.0.2.7')).toBe(403);
        expect(await statusOf('/public', '192.0.2.8')).toBe(200);
        expect(await statusOf('/public', '192.0.2.7, 192.0.2.8')).toBe(200);
      });
    });

    it.each([undefined, 'garbage', '203.0.113.7, garbage', '999.1.1.1', '0x7f.1', ','])(
      'as %j names nobody, and the proxy itself is never struck nor banned',
      async (forwardedFor) => {
        await start(proxies);
        for (let count = 0; count < 25; count++) expect(await statusOf('/user', forwardedFor)).toBe(401);
        expect(await statusOf('/decoy', forwardedFor)).toBe(200);
        expect(await statusOf('/public', forwardedFor)).toBe(200);
        await running.close();
        expect(running.events.of('address.struck')).toEqual([]);
        expect(running.events.of('address.banned')).toEqual([]);
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
      await running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });
      expect(await statusOf('/public', '203.0.113.7')).toBe(403);
    });
  });
});
