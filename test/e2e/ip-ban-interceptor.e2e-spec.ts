import { Controller, Get, type INestApplication, NotFoundException, UseInterceptors } from '@nestjs/common';
import {
  BanService,
  Honeypot,
  IpBanInterceptor,
  PortcullisModule,
  Public,
  RequireUser,
} from '@portcullis/auth';
import { eachRefusal, ownTokens } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { problemIn } from '../support/http.js';
import { boot, platforms } from '../support/platforms.js';

@Public()
@UseInterceptors(IpBanInterceptor)
@Controller('watched')
class WatchedController {
  @Get('in')
  in() {
    return 'in';
  }

  @Get('miss')
  miss() {
    throw new NotFoundException();
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

@Public()
@Controller('other')
class OtherController {
  @Get('in')
  in() {
    return 'in';
  }

  @Get('miss')
  miss() {
    throw new NotFoundException();
  }

  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }
}

describe.each(platforms)('IpBanInterceptor placed by hand on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let events: EventRecorder;

  const statusOf = async (path: string) => (await fetch(url + path)).status;

  beforeEach(async () => {
    const imports = [
      PortcullisModule.forRoot({
        tokens: ownTokens,
        bans: { global: false, ...eachRefusal, strikeLimit: 2, privateAddresses: true },
      }),
    ];
    ({ app, url } = await boot(platform, { imports, controllers: [WatchedController, OtherController] }));
    events = new EventRecorder(app);
  });

  afterEach(() => app.close());

  it('refuses a banned address at its controller and nowhere else', async () => {
    await app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    const response = await fetch(`${url}/watched/in`);
    expect(response.status).toBe(403);
    expect(response.headers.get('retry-after')).toBe('600');
    expect((await problemIn(response)).code).toBe('address_banned');
    expect(await statusOf('/other/in')).toBe(200);
    expect(await statusOf('/no-such-path')).toBe(404);
  });

  it('counts what its handlers answer, once each, and bans at the limit', async () => {
    expect(await statusOf('/watched/in')).toBe(200);
    expect(await statusOf('/watched/miss')).toBe(404);
    await events.first('address.struck');
    expect(await statusOf('/watched/miss')).toBe(404);
    await events.first('address.banned');
    expect(events.of('address.struck').map(({ total }) => total)).toEqual([1, 2]);
    expect(await statusOf('/watched/in')).toBe(403);
  });

  it('does not see other controllers, unknown paths and what a guard refused', async () => {
    for (const path of ['/other/miss', '/no-such-path', '/watched/user', '/other/decoy'])
      await statusOf(path);
    await app.close();
    expect(events.of('address.struck')).toEqual([]);
    expect(events.of('address.banned')).toEqual([]);
  });

  it('bans who touches a honeypot of its controller', async () => {
    expect(await statusOf('/watched/decoy')).toBe(200);
    expect(await statusOf('/watched/in')).toBe(403);
  });
});

describe.each(platforms)('IpBanInterceptor placed by hand besides the global one on %s', (platform) => {
  it('counts and bans once', async () => {
    const bans = { ...eachRefusal, privateAddresses: true };
    const imports = [PortcullisModule.forRoot({ tokens: ownTokens, bans })];
    const { app, url } = await boot(platform, { imports, controllers: [WatchedController] });
    const events = new EventRecorder(app);
    await fetch(`${url}/watched/miss`);
    await fetch(`${url}/watched/decoy`);
    await app.close();
    expect(events.of('address.struck').map(({ rule }) => rule)).toEqual(['refusals', 'honeypot']);
    expect(events.of('address.banned')).toHaveLength(1);
  });
});
