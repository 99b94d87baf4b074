import { Controller, Get, UseGuards } from '@nestjs/common';
import {
  ApiKeyGuard,
  ApiKeyService,
  type NewApiKey,
  type PortcullisOptions,
  RequireApp,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { eachRefusal, noStrikes } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @RequireApp()
  @UseGuards(ApiKeyGuard, ApiKeyGuard)
  @Get('guarded-thrice')
  thrice() {
    return 'in';
  }

  @RequireApp('scans:write')
  @Get('scans')
  scans() {
    return 'in';
  }
}

describeOnPlatforms('the limits of an API key on %s', (running) => {
  const clock = new TestClock().stop();

  const start = (options: PortcullisOptions = {}) =>
    running.start({
      portcullis: { trustedProxies: ['127.0.0.1'], now: clock.now, ...options },
      controllers: [RoutesController],
    });
  const create = (limits: Partial<NewApiKey> = {}) =>
    running.app.get(ApiKeyService).create({ appId: 'depot', name: 'North', ...limits });
  const call = (key: string, path = '/app', from = '203.0.113.7') =>
    running.get(path, { 'x-api-key': key, 'x-forwarded-for': from });
  const statusOf = async (...request: Parameters<typeof call>) => (await call(...request)).status;

  const networks = ['203.0.113.7', '198.51.100.0/24', '2001:db8:1::/48'];

  describe('to so many requests', () => {
    const rateLimit = { requests: 2, windowSeconds: 60 };

    beforeAll(() => start({ bans: noStrikes }));

    it('is shown on every answer, and ends in 429 with the time to wait', async () => {
      const { key, id } = await create({ rateLimit });
      const answers = [await call(key), await call(key), await call(key)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      const header = (name: string) => answers.map(({ headers }) => headers.get(name));
      expect(header('ratelimit-policy')).toEqual(Array(3).fill('"app";q=2;w=60'));
      expect(header('ratelimit')).toEqual(
        [1, 0, 0].map((left) => expect.stringMatching(`^"app";r=${left};t=60$`)),
      );
      expect(header('retry-after')).toEqual([null, null, '60']);
      const { code, requestId } = await problemIn(answers[2] as Response);
      expect(code).toBe('rate_limit_exceeded');
      const { request, reason } = await running.events.about('request.refused', requestId);
      expect(request.keyId).toBe(id);
      expect(reason).toContain('2 requests in 60 s');
    });

    it('is not shown for a key without one', async () => {
      const answer = await call((await create()).key);
      expect([answer.headers.get('ratelimit'), answer.headers.get('ratelimit-policy')]).toEqual([null, null]);
    });

    it('counts a request once, however many guards ask', async () => {
      const { key } = await create({ rateLimit });
      const answer = await call(key, '/guarded-thrice');
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, expect.stringMatching('r=1;')]);
    });

    it('counts requests that are refused for their scope, and not those that are no key', async () => {
      const { key } = await create({ rateLimit });
      expect(await statusOf(key, '/scans')).toBe(403);
      expect(await statusOf(`${key.slice(0, -1)}?`)).toBe(401);
      expect([await statusOf(key), await statusOf(key)]).toEqual([200, 429]);
    });

    it('is each key’s own, and begins anew with the next window', async () => {
      const short = await create({ rateLimit: { requests: 1, windowSeconds: 1 } });
      const other = await create({ rateLimit: { requests: 1, windowSeconds: 60 } });
      expect([await statusOf(short.key), await statusOf(short.key)]).toEqual([200, 429]);
      expect([await statusOf(other.key), await statusOf(other.key)]).toEqual([200, 429]);
      clock.forward(1);
      expect(await statusOf(short.key)).toBe(200);
      expect(await statusOf(other.key)).toBe(429);
    });
  });

  describe('to addresses and networks', () => {
    beforeAll(() => start({ bans: noStrikes }));

    it.each([
      ['203.0.113.7', 200],
      ['203.0.113.8', 403],
      ['198.51.100.255', 200],
      ['198.51.101.0', 403],
      ['::ffff:198.51.100.1', 200],
      ['2001:db8:1:ffff::1', 200],
      ['2001:DB8:1::1', 200],
      ['2001:db8:2::1', 403],
      ['::', 403],
    ])('lets %s in or not: %d', async (from, status) => {
      const { key } = await create({ networks });
      expect(await statusOf(key, '/app', from)).toBe(status);
      // Remembered, it is asked all the same.
      expect(await statusOf(key, '/app', from)).toBe(status);
    });

    it('shows the client that the address is wrong, and the operator which key it was', async () => {
      const { key, id } = await create({ networks: ['198.51.100.0/24'] });
      const { code, requestId, ...rest } = await problemIn(await call(key));
      expect(code).toBe('address_not_allowed');
      expect(JSON.stringify(rest)).not.toContain(id);
      const { request, reason } = await running.events.about('request.refused', requestId);
      expect(request).toMatchObject({ keyId: id, address: '203.0.113.7' });
      expect(reason).toContain('203.0.113.7');
    });

    it('spends nothing of the rate limit where it refuses', async () => {
      const { key } = await create({ networks, rateLimit: { requests: 1, windowSeconds: 60 } });
      for (let count = 0; count < 3; count++) expect(await statusOf(key, '/app', '192.0.2.1')).toBe(403);
      expect([await statusOf(key), await statusOf(key)]).toEqual([200, 429]);
    });
  });

  it('to so many requests bans nobody, unless it is configured to', async () => {
    await start({ bans: { ...eachRefusal, strikeLimit: 2 } });
    const { key } = await create({ rateLimit: { requests: 1, windowSeconds: 60 } });
    for (let count = 0; count < 5; count++) await call(key);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);

    await start({ bans: { rules: [{ ...eachRefusal.rules[0], match: { status: 429 } }], strikeLimit: 2 } });
    const again = await create({ rateLimit: { requests: 1, windowSeconds: 60 } });
    // An address that a valid key comes from bears twice as much.
    for (let count = 0; count < 5; count++) await call(again.key);
    await running.events.first('address.banned');
    expect(await statusOf(again.key)).toBe(403);
  });

  it('to addresses and networks is not evaded by a header from somebody who is no proxy', async () => {
    await start({ trustedProxies: [] });
    const { key } = await create({ networks });
    expect(await statusOf(key, '/app', '203.0.113.7')).toBe(403);
  });

  it('to the time from its begin to its end', async () => {
    await start();
    const { key } = await create({ notBefore: clock.now() + 60_000, lifetimeSeconds: 60 });
    expect(await statusOf(key)).toBe(401);
    clock.forward(60);
    expect(await statusOf(key)).toBe(200);
    clock.forward(60);
    expect(await statusOf(key)).toBe(401);
  });
});
