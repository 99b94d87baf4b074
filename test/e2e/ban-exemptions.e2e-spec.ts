import { BanService, type PortcullisOptions } from '@portcullis/auth';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { LineKeeper } from '../support/line-keeper.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';

describeOnPlatforms('who is never banned on %s', (running) => {
  let logger: LineKeeper;

  const start = (options: PortcullisOptions) => {
    logger = new LineKeeper();
    return running.start({
      portcullis: { tokens: ownTokens, ...options },
      controllers: [PlainRoutesController],
      logger,
    });
  };
  const { statusOf } = running;
  const warnings = () => logger.lines.filter((line) => line.includes('would be banned'));

  it('a private address: its strikes are emitted, and what is probably missing is logged once', async () => {
    await start({ bans: { ...eachRefusal, strikeLimit: 2 } });
    for (let count = 0; count < 4; count++) expect(await statusOf('/nowhere')).toBe(404);
    await running.events.first('address.struck', 4);
    expect(await statusOf('/decoy')).toBe(200);
    await running.app.get(BanService).ban('127.0.0.0/8', { reason: 'by hand' });
    expect(await statusOf('/public')).toBe(200);
    expect(warnings()).toEqual([expect.stringMatching(/127\.0\.0\.1 .*trustedProxies/)]);
    expect((await running.app.get(BanService).list()).bans).toHaveLength(1);
  });

  it('a client that is allowed, also in a network that was banned before or is later', async () => {
    await start({
      trustedProxies: ['127.0.0.1'],
      bans: { ...eachRefusal, strikeLimit: 2, allowed: ['203.0.113.7', '2001:db8:1::/48'] },
    });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    await running.app.get(BanService).ban('203.0.113.0/24', { reason: 'scanners' });
    await running.app.get(BanService).ban('2001:db8::/32', { reason: 'scanners' });
    const statuses = ['203.0.113.7', '203.0.113.8', '2001:db8:1::1', '2001:db8:2::1'].map((address) =>
      statusOf('/public', from(address)),
    );
    expect(await Promise.all(statuses)).toEqual([200, 403, 200, 403]);
    for (let count = 0; count < 4; count++) await statusOf('/nowhere', from('203.0.113.7'));
    expect(await statusOf('/decoy', from('203.0.113.7'))).toBe(200);
    expect(await statusOf('/public', from('203.0.113.7'))).toBe(200);
    expect((await running.app.get(BanService).list()).bans).toHaveLength(2);
    expect(running.events.of('address.struck')).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  it('nobody whom the standard header names, where that one is believed', async () => {
    await start({
      trustedProxies: ['127.0.0.1'],
      forwardedHeader: 'Forwarded',
      bans: { ...eachRefusal, strikeLimit: 1 },
    });
    const client = { forwarded: 'for=198.51.100.1, for="203.0.113.7:4711"', 'x-forwarded-for': '192.0.2.1' };
    await statusOf('/nowhere', client);
    expect(await running.events.first('address.banned')).toMatchObject([
      { ban: { network: '203.0.113.7/32' } },
    ]);
    expect(await statusOf('/public', client)).toBe(403);
    expect(await statusOf('/public', { 'x-forwarded-for': '203.0.113.7' })).toBe(200);
  });
});
