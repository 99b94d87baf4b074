import { Body, Controller, Get, NotFoundException, Post, UnauthorizedException } from '@nestjs/common';
import { BanExempt, Honeypot, Public, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @RequireUser('parcels:read')
  @Get('user')
  user() {
    return 'in';
  }

  @Public()
  @Post('login')
  login(@Body() body: unknown) {
    throw new UnauthorizedException(body);
  }

  @Public()
  @Get('broken')
  broken() {
    throw new Error('a bug');
  }

  @BanExempt()
  @Public()
  @Get('avatars')
  avatars() {
    throw new NotFoundException();
  }

  @BanExempt()
  @RequireUser()
  @Get('exempt')
  exempt() {
    return 'in';
  }

  @Honeypot()
  @Get('wp-login.php')
  decoy() {
    return '<form>';
  }
}

const json = { 'content-type': 'application/json' };

describeOnPlatforms('strikes on %s', (running) => {
  const address = '203.0.113.7';

  const call = (path: string, init: RequestInit = {}, from = address) =>
    running.fetch(path, { ...init, headers: { 'x-forwarded-for': from, ...init.headers } });
  const strikes = async (count: number) =>
    (await running.events.first('address.struck', count)).map(({ points, total, reason, request }) => ({
      points,
      total,
      reason,
      address: request.address,
    }));

  beforeEach(() =>
    running.start({
      portcullis: {
        tokens: ownTokens,
        bans: { ...eachRefusal, strikeLimit: 5, privateAddresses: true },
        trustedProxies: ['127.0.0.1'],
      },
      controllers: [RoutesController],
    }),
  );

  it('each failed response is counted once, whoever refused it: guard, router or handler', async () => {
    const failures: [path: string, init: RequestInit, status: number, reason: string][] = [
      ['/user', {}, 401, 'credentials_required'],
      ['/user', { headers: { authorization: 'Bearer x' } }, 401, 'invalid_token'],
      ['/no-such-path', {}, 404, 'status 404'],
    ];
    for (const [index, [path, init, status, reason]] of failures.entries()) {
      expect((await call(path, init)).status).toBe(status);
      const total = index + 1;
      expect((await strikes(total)).at(-1)).toEqual({ points: 1, total, reason, address });
    }
    expect((await call('/login', { method: 'POST', headers: json, body: '{"password":"x"}' })).status).toBe(
      401,
    );
    expect((await strikes(4)).at(-1)).toEqual({ points: 1, total: 4, reason: 'status 401', address });
  });

  it('a path that starts like a known one, with another method, is an unknown one', async () => {
    expect((await call('/public', { method: 'DELETE' })).status).toBe(404);
    expect(await strikes(1)).toMatchObject([{ total: 1, reason: 'status 404' }]);
  });

  it('what went well, malformed JSON, and a fault of our own are none', async () => {
    expect((await call('/public')).status).toBe(200);
    expect((await call('/login', { method: 'POST', headers: json, body: '{"a":' })).status).toBe(400);
    expect((await call('/broken')).status).toBe(500);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });

  it('what an exempt handler answers is none, also when the guard refuses', async () => {
    expect((await call('/avatars')).status).toBe(404);
    expect((await call('/exempt')).status).toBe(401);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });

  it('each address has its own', async () => {
    expect((await call('/user', {}, '203.0.113.1')).status).toBe(401);
    expect(await strikes(1)).toMatchObject([{ address: '203.0.113.1', total: 1 }]);
    expect((await call('/user', {}, '203.0.113.2')).status).toBe(401);
    expect((await strikes(2)).at(1)).toMatchObject({ address: '203.0.113.2', total: 1 });
  });

  it('addresses of one IPv6 /64 share theirs, and are banned together', async () => {
    for (let host = 1; host <= 5; host++) {
      expect((await call('/user', {}, `2001:db8:1:2::${host}`)).status).toBe(401);
      expect((await strikes(host)).at(-1)).toMatchObject({ total: host });
    }
    const [banned] = await running.events.first('address.banned');
    expect(banned?.ban.network).toBe('2001:db8:1:2::/64');
    expect((await call('/public', {}, '2001:db8:1:2:aaaa::1')).status).toBe(403);
    expect((await call('/public', {}, '2001:db8:1:3::1')).status).toBe(200);
  });

  it('an IPv4 address is the same in its IPv6 spelling', async () => {
    await call('/user', {}, '203.0.113.7');
    await strikes(1);
    await call('/user', {}, '::ffff:203.0.113.7');
    expect((await strikes(2)).at(-1)).toMatchObject({ total: 2, address });
  });

  it('the limit bans: the next request is refused, and so is one with a good credential', async () => {
    for (let count = 1; count <= 5; count++) {
      expect((await call('/user')).status).toBe(401);
      await strikes(count);
    }
    const [banned] = await running.events.first('address.banned');
    expect(banned?.ban).toMatchObject({ network: '203.0.113.7/32', offence: 1 });
    const response = await call('/user', { headers: await userWith(running.app, ['parcels:read']) });
    expect(response.status).toBe(403);
    expect((await problemIn(response)).code).toBe('address_banned');
  });

  it('a refused request of a banned address is none, so that knocking does not go on for ever', async () => {
    await call('/wp-login.php');
    for (let count = 0; count < 10; count++) expect((await call('/user')).status).toBe(403);
    await running.close();
    expect(running.events.of('address.struck')).toMatchObject([{ rule: 'honeypot' }]);
    expect(running.events.of('address.banned')).toHaveLength(1);
  });

  it('a honeypot answers like the real thing, and whoever touched it is banned at once', async () => {
    const response = await call('/wp-login.php');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('<form>');
    expect(running.events.of('address.banned').map(({ ban }) => ban)).toMatchObject([
      { network: '203.0.113.7/32', rule: 'honeypot', offence: 1, shadow: false },
    ]);
    expect((await call('/public')).status).toBe(403);
    expect((await call('/public', {}, '203.0.113.8')).status).toBe(200);
  });

  it('a honeypot is touched by HEAD as well', async () => {
    expect((await call('/wp-login.php', { method: 'HEAD' })).status).toBe(200);
    expect((await call('/public')).status).toBe(403);
  });
});

describeOnPlatforms('strikes by other rules on %s', (running) => {
  it('cost what the options say', async () => {
    const rule = (status: number, score: number) => ({
      id: `status-${status}`,
      match: { status },
      score,
      windowSeconds: 60,
    });
    const bans = { rules: [rule(400, 3), rule(401, 7)], strikeLimit: 7, privateAddresses: true };
    await running.start({ portcullis: { tokens: ownTokens, bans }, controllers: [RoutesController] });
    expect((await running.fetch('/no-such-path')).status).toBe(404);
    expect((await running.fetch('/login', { method: 'POST', headers: json, body: '{' })).status).toBe(400);
    await running.events.first('address.struck');
    expect((await running.fetch('/user')).status).toBe(401);
    await running.events.first('address.banned');
    expect(running.events.of('address.struck').map(({ points, total }) => [points, total])).toEqual([
      [3, 3],
      [7, 7],
    ]);
  });
});
