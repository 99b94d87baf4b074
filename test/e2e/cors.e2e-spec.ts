import { Controller, Get, type INestApplication } from '@nestjs/common';
import { BanService, PortcullisModule, RequireUser } from '@portcullis/auth';
import { eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { boot, platforms } from '../support/platforms.js';

const origin = 'https://shop.example';

@Controller('parcels')
class ParcelsController {
  @RequireUser()
  @Get()
  list() {
    return [];
  }
}

describe.each(platforms)('CORS on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let events: EventRecorder;

  const preflight = (path: string) =>
    fetch(url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });

  beforeEach(async () => {
    const portcullis = PortcullisModule.forRoot({
      tokens: ownTokens,
      bans: { ...eachRefusal, strikeLimit: 1, privateAddresses: true },
    });
    ({ app, url } = await boot(
      platform,
      { imports: [portcullis], controllers: [ParcelsController] },
      { prepare: (created) => created.enableCors({ origin }) },
    ));
    events = new EventRecorder(app);
  });

  afterEach(() => app.close());

  it('a preflight is answered without a credential', async () => {
    const response = await preflight('/parcels');
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('a preflight is answered to a banned address too; the request that follows it is refused', async () => {
    await app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    expect((await preflight('/parcels')).status).toBe(204);
    expect((await fetch(`${url}/parcels`, { headers: { origin } })).status).toBe(403);
  });

  it('a preflight is no strike, not even for a path that does not exist', async () => {
    for (const path of ['/parcels', '/no-such-path', '/no-such-path']) await preflight(path);
    const response = await fetch(`${url}/parcels`, { headers: { origin, ...(await userWith(app)) } });
    expect(response.status).toBe(200);
    await app.close();
    expect(events.of('address.struck')).toEqual([]);
  });

  it('a browser may read why a request was refused', async () => {
    const response = await fetch(`${url}/parcels`, { headers: { origin } });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
  });
});

describe.each(platforms)('without CORS on %s', (platform) => {
  it('a preflight of an unknown path is no strike', async () => {
    const imports = [
      PortcullisModule.forRoot({
        tokens: ownTokens,
        bans: { ...eachRefusal, strikeLimit: 1, privateAddresses: true },
      }),
    ];
    const { app, url } = await boot(platform, { imports });
    const events = new EventRecorder(app);
    const headers = { origin, 'access-control-request-method': 'GET' };
    expect((await fetch(`${url}/nowhere`, { method: 'OPTIONS', headers })).status).toBe(404);
    await app.close();
    expect(events.of('address.struck')).toEqual([]);
  });
});
