import { Controller, Get, NotFoundException, UseGuards, UseInterceptors } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  ApiKeyGuard,
  BanService,
  Honeypot,
  IpBanInterceptor,
  JwtGuard,
  Public,
  RequireUser,
  Strikes,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { appWith, eachRefusal, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

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

@UseInterceptors(IpBanInterceptor)
@Controller('decoys')
class DecoysController {
  @Honeypot()
  @UseGuards(JwtGuard)
  @Get('users')
  users() {
    return 'in';
  }

  @Honeypot()
  @UseGuards(ApiKeyGuard)
  @Get('apps')
  apps() {
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
}

/** What nothing would count, or report. */
@Controller('unwatched')
class UnwatchedController {
  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }

  @Strikes({ event: 'login_failed' })
  @Public()
  @Get('login')
  login() {
    return 'in';
  }
}

class WatchedElsewhereController extends UnwatchedController {}
Controller('watched-elsewhere')(WatchedElsewhereController);
UseInterceptors(class extends IpBanInterceptor {})(WatchedElsewhereController);

describeOnPlatforms('IpBanInterceptor placed by hand on %s', (running) => {
  const { statusOf } = running;

  beforeEach(() =>
    running.start({
      portcullis: {
        tokens: ownTokens,
        bans: { global: false, ...eachRefusal, strikeLimit: 2, privateAddresses: true },
        now: new TestClock().stop().now,
      },
      controllers: [WatchedController, OtherController],
    }),
  );

  it('refuses a banned address at its controller and nowhere else', async () => {
    await running.app.get(BanService).ban('127.0.0.1', { reason: 'test' });
    const response = await running.fetch('/watched/in');
    expect(response.status).toBe(403);
    expect(response.headers.get('retry-after')).toBe('600');
    expect((await problemIn(response)).code).toBe('address_banned');
    expect(await statusOf('/other/in')).toBe(200);
    expect(await statusOf('/no-such-path')).toBe(404);
  });

  it('counts what its handlers answer, once each, and bans at the limit', async () => {
    expect(await statusOf('/watched/in')).toBe(200);
    expect(await statusOf('/watched/miss')).toBe(404);
    await running.events.first('address.struck');
    expect(await statusOf('/watched/miss')).toBe(404);
    await running.events.first('address.banned');
    expect(running.events.of('address.struck').map(({ total }) => total)).toEqual([1, 2]);
    expect(await statusOf('/watched/in')).toBe(403);
  });

  it('does not see other controllers, unknown paths and what a guard refused', async () => {
    for (const path of ['/other/miss', '/no-such-path', '/watched/user']) await statusOf(path);
    await running.close();
    expect(running.events.of('address.struck')).toEqual([]);
    expect(running.events.of('address.banned')).toEqual([]);
  });

  it('is demanded at boot by decoys, and by strikes that are declared, unless it stands on all of the app', async () => {
    const parts = { portcullis: { tokens: ownTokens, bans: { global: false } } };
    const controllers = [UnwatchedController, WatchedElsewhereController];
    const advice =
      'write @UseInterceptors(IpBanInterceptor) on it or on its class, or provide that as APP_INTERCEPTOR';
    await expect(running.start({ ...parts, controllers })).rejects.toMatchObject({
      problems: [
        `UnwatchedController.decoy: with bans.global: false nothing applies @Honeypot: ${advice}`,
        `UnwatchedController.login: with bans.global: false nothing applies @Strikes: ${advice}`,
      ],
    });
    const everywhere = { provide: APP_INTERCEPTOR, useExisting: IpBanInterceptor };
    await running.start({ ...parts, controllers, providers: [everywhere] });
    expect(await statusOf('/unwatched/login')).toBe(200);
  });

  it('bans who touches a honeypot of its controller', async () => {
    expect(await statusOf('/watched/decoy')).toBe(200);
    expect(await statusOf('/watched/in')).toBe(403);
  });
});

describeOnPlatforms('IpBanInterceptor after a guard placed by hand on %s', (running) => {
  it.each(['users', 'apps'])('bans %s who touch a honeypot, and charges them', async (callers) => {
    await running.start({
      portcullis: { globalGuard: false, tokens: ownTokens, bans: { global: false, privateAddresses: true } },
      controllers: [DecoysController],
    });
    const headers = await (callers === 'users' ? userWith : appWith)(running.app);
    expect(await running.statusOf(`/decoys/${callers}`, headers)).toBe(200);
    expect(await running.statusOf(`/decoys/${callers}`, headers)).toBe(403);
    expect(running.events.of('address.banned')).toMatchObject([{ ban: { rule: 'honeypot', offence: 1 } }]);
    expect(running.events.of('identity.abusive')).toMatchObject([{ rule: 'honeypot' }]);
  });
});

describeOnPlatforms('IpBanInterceptor placed by hand besides the global one on %s', (running) => {
  it('counts and bans once', async () => {
    const bans = { ...eachRefusal, privateAddresses: true };
    await running.start({ portcullis: { tokens: ownTokens, bans }, controllers: [WatchedController] });
    await running.fetch('/watched/miss');
    await running.fetch('/watched/decoy');
    await running.close();
    expect(running.events.of('address.struck').map(({ rule }) => rule)).toEqual(['refusals', 'honeypot']);
    expect(running.events.of('address.banned')).toHaveLength(1);
  });
});
