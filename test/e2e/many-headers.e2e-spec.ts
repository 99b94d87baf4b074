import { Controller, Get } from '@nestjs/common';
import { BanService, Public, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

const VICTIM = '203.0.113.7';
const ATTACKER = '198.51.100.9';
/** One header more than Node keeps by default, with `Host` and those that a test adds. */
const FILLERS = 1_000;

@Controller()
class ParcelsController {
  @RequireUser('parcels:read')
  @Get('user')
  user() {
    return 'in';
  }

  @Public()
  @Get('public')
  public() {
    return 'in';
  }
}

/** Behind a proxy on this machine, which adds its header at the end, as many do. */
describeOnPlatforms('more headers than Node keeps, on %s', (running) => {
  beforeEach(() =>
    running.start({
      portcullis: {
        tokens: ownTokens,
        trustedProxies: ['127.0.0.1'],
        bans: { ...eachRefusal, strikeLimit: 5 },
      },
      controllers: [ParcelsController],
    }),
  );

  const fillers = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: a`);
  const send = (path: string, ...headers: string[]) => rawRequest(running.url, `GET ${path}`, headers);

  it('are refused, whatever they hide: who asks, and with what', async () => {
    const { authorization } = await userWith(running.app, ['parcels:read']);
    const good = `Authorization: ${authorization}`;
    expect((await send('/user', good, `X-Forwarded-For: ${ATTACKER}`)).status).toBe(200);
    for (const hidden of [`X-Forwarded-For: ${ATTACKER}`, good, 'X-API-Key: another']) {
      const { status, headers, body } = await send('/user', good, ...fillers(FILLERS), hidden);
      expect([status, headers['www-authenticate'], JSON.parse(body).code]).toEqual([
        431,
        undefined,
        'too_many_headers',
      ]);
    }
    expect((await send('/public', ...fillers(FILLERS))).status).toBe(431);
  });

  it('get nobody banned: neither whom they name, nor the proxy', async () => {
    for (let count = 0; count < 20; count++) {
      const named = `X-Forwarded-For: ${VICTIM}`;
      const { status } = await send('/user', named, ...fillers(FILLERS), `X-Forwarded-For: ${ATTACKER}`);
      expect(status).toBe(431);
    }
    expect(await running.events.first('request.refused')).toMatchObject([
      { code: 'too_many_headers', request: { address: '127.0.0.1' } },
    ]);
    expect((await send('/public', `X-Forwarded-For: ${VICTIM}`)).status).toBe(200);
    expect((await send('/public')).status).toBe(200);
    expect((await running.app.get(BanService).list()).bans).toEqual([]);
  });

  it('are as many as the server says', async () => {
    const server = running.app.getHttpServer();
    const last = `X-Forwarded-For: ${ATTACKER}`;
    await running.app.get(BanService).ban(ATTACKER, { reason: 'spec' });
    server.maxHeadersCount = 10;
    expect((await send('/public', ...fillers(20), last)).status).toBe(431);
    expect((await send('/public', ...fillers(5))).status).toBe(200);
    server.maxHeadersCount = 0;
    expect((await send('/public', ...fillers(1_200), last)).status).toBe(403);
    expect((await send('/public', ...fillers(1_200))).status).toBe(200);
  });
});
