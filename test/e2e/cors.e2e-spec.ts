import { Controller, Get } from '@nestjs/common';
import { BanService, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const origin = 'https://shop.example';

@Controller('parcels')
class ParcelsController {
  @RequireUser()
  @Get()
  list() {
    return [];
  }
}

describeOnPlatforms('CORS on %s', (running) => {
  const preflight = (path: string) =>
    running.fetch(path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });

  beforeEach(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: { ...eachRefusal, strikeLimit: 1, privateAddresses: true } },
      controllers: [ParcelsController],
      prepare: (created) => created.enableCors({ origin }),
    }),
  );

  it('a preflight is answered without a credential', async () => {
    const response = await preflight('/parcels');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('a preflight is answered to a banned address too; the request that follows it is refused', async () => {
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    expect((await preflight('/parcels')).status).toBe(204);
    expect((await running.fetch('/parcels', { headers: { origin } })).status).toBe(403);
  });

  it('a preflight is no strike, not even for a path that does not exist', async () => {
    for (const path of ['/parcels', '/no-such-path', '/no-such-path']) await preflight(path);
    const response = await running.fetch('/parcels', {
      headers: { origin, ...(await userWith(running.app)) },
    });
    expect(response.status).toBe(200);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });

  it('a browser may read why a request was refused', async () => {
    const response = await running.fetch('/parcels', { headers: { origin } });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  });
});

describeOnPlatforms('without CORS on %s', (running) => {
  it('a preflight of an unknown path is no strike', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { ...eachRefusal, strikeLimit: 1, privateAddresses: true } },
    });
    const headers = { origin, 'access-control-request-method': 'GET' };
    expect((await running.fetch('/nowhere', { method: 'OPTIONS', headers })).status).toBe(404);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
  });
});
