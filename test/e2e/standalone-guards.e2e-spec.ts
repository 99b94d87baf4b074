import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  AccessGuard,
  ApiKeyGuard,
  AppIdentity,
  CurrentApp,
  CurrentUser,
  Honeypot,
  JwtGuard,
  PortcullisAdminModule,
  type PortcullisConfigurationError,
  PortcullisPersonalTokensModule,
  Public,
  RequireApp,
  RequireUser,
  Scopes,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { type AppParts, describeOnPlatforms } from '../support/running-app.js';

const who = (user?: UserIdentity, app?: AppIdentity) => ({ user: user?.subject, app: app?.appId });

@Controller()
class RoutesController {
  @Get('unguarded')
  unguarded() {
    return 'in';
  }

  @Get('asks-for-user')
  asksForUser(@CurrentUser() user?: UserIdentity) {
    return who(user);
  }

  @Get('asks-for-app')
  asksForApp(@CurrentApp('appId') appId?: string) {
    return { appId };
  }

  @UseGuards(JwtGuard)
  @Get('jwt')
  jwt(@CurrentUser() user: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
  }

  @UseGuards(ApiKeyGuard)
  @Get('api-key')
  apiKey(@CurrentUser() user: UserIdentity | undefined, @CurrentApp() app: AppIdentity) {
    return who(user, app);
  }

  @UseGuards(JwtGuard, ApiKeyGuard)
  @Get('both')
  both(@CurrentUser() user: UserIdentity, @CurrentApp() app: AppIdentity) {
    return who(user, app);
  }

  @UseGuards(JwtGuard)
  @Scopes('parcels:read')
  @Get('scopes')
  scopes() {
    return 'in';
  }

  @UseGuards(JwtGuard)
  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }

  @UseGuards(JwtGuard)
  @RequireApp('scans:write')
  @Get('declared')
  declared() {
    return 'in';
  }
}

@UseGuards(ApiKeyGuard)
@Controller('feature')
class FeatureController {
  @Get()
  get() {
    return 'in';
  }
}

/** A module that knows nothing of Portcullis but its guard. */
@Module({ controllers: [FeatureController] })
class FeatureModule {}

describeOnPlatforms('guards placed by hand on %s', (running) => {
  const { get: call, statusOf } = running;

  beforeAll(() =>
    running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, globalGuard: false },
      imports: [FeatureModule],
      controllers: [RoutesController],
    }),
  );

  it('a route that says nothing is open without a guard', async () => {
    expect(await statusOf('/unguarded')).toBe(200);
    expect(await statusOf('/unguarded', { authorization: 'Bearer x' })).toBe(200);
  });

  it('nobody is taken for identified where no guard has looked', async () => {
    for (const path of ['/asks-for-user', '/asks-for-app']) {
      expect(await statusOf(path)).toBe(500);
      expect(await statusOf(path, await userWith(running.app), await appWith(running.app))).toBe(500);
    }
  });

  it('JwtGuard demands a user', async () => {
    const refused = await call('/jwt');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe(`Bearer realm="api", ${ownMetadata}`);
    expect((await problemIn(refused)).code).toBe('credentials_required');
    expect(await statusOf('/jwt', await appWith(running.app))).toBe(401);
    expect(await statusOf('/jwt', { authorization: 'Bearer x' })).toBe(401);
    expect(await (await call('/jwt', await userWith(running.app))).json()).toEqual({ user: 'ada' });
  });

  it('ApiKeyGuard demands an app', async () => {
    const refused = await call('/api-key');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('ApiKey realm="api", header="X-API-Key"');
    expect(await statusOf('/api-key', await userWith(running.app))).toBe(401);
    expect(await statusOf('/api-key', { 'x-api-key': 'x' })).toBe(401);
    expect(await (await call('/api-key', await appWith(running.app))).json()).toEqual({ app: 'depot' });
  });

  it('both together demand both', async () => {
    expect(await statusOf('/both', await userWith(running.app))).toBe(401);
    expect(await statusOf('/both', await appWith(running.app))).toBe(401);
    const response = await call('/both', await userWith(running.app), await appWith(running.app));
    expect(await response.json()).toEqual({ user: 'ada', app: 'depot' });
  });

  it('JwtGuard demands a user of a decoy, too', async () => {
    expect(await statusOf('/decoy')).toBe(401);
    expect(await statusOf('/decoy', await userWith(running.app))).toBe(200);
  });

  it('JwtGuard honours @Scopes', async () => {
    expect(await statusOf('/scopes', await userWith(running.app))).toBe(403);
    expect(await statusOf('/scopes', await userWith(running.app, ['parcels:read']))).toBe(200);
    expect(
      await statusOf('/scopes', await userWith(running.app, ['parcels:read']), await appWith(running.app)),
    ).toBe(403);
  });

  it('JwtGuard demands a user besides what the decorators demand', async () => {
    const [user, key] = [await userWith(running.app), await appWith(running.app, ['scans:write'])];
    expect(await statusOf('/declared', user)).toBe(401);
    expect(await statusOf('/declared', key)).toBe(401);
    expect(await statusOf('/declared', user, await appWith(running.app))).toBe(403);
    expect(await statusOf('/declared', user, key)).toBe(200);
  });

  it('a guard works in a module that does not import Portcullis itself', async () => {
    expect(await statusOf('/feature')).toBe(401);
    expect(await statusOf('/feature', await appWith(running.app))).toBe(200);
  });
});

describeOnPlatforms('guards placed by hand besides the global one on %s', (running) => {
  it('demand more, never less', async () => {
    const { statusOf } = running;
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [RoutesController],
    });
    expect(await statusOf('/unguarded')).toBe(401);
    expect(await statusOf('/jwt', await appWith(running.app))).toBe(401);
    expect(await statusOf('/jwt', await userWith(running.app))).toBe(200);
    expect(await statusOf('/declared', await userWith(running.app))).toBe(401);
  });

  it('a decoy answers whom it has just banned, if all of its guards let them in', async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: { privateAddresses: true } },
      controllers: [RoutesController],
    });
    const headers = await userWith(running.app);
    expect((await running.fetch('/decoy', { headers })).status).toBe(200);
    expect((await problemIn(await running.fetch('/decoy', { headers }))).code).toBe('address_banned');
  });
});

describeOnPlatforms('decorators without the global guard on %s', (running) => {
  const portcullis = { tokens: ownTokens, bans: noStrikes, globalGuard: false };

  @RequireUser('parcels:read')
  @Controller('on-class')
  class OnClassController {
    @Get()
    get() {
      return 'in';
    }
  }

  @Controller('on-method')
  class OnMethodController {
    @Scopes('parcels:read')
    @Get()
    get() {
      return 'in';
    }

    @UseGuards(JwtGuard)
    @RequireUser()
    @Get('guarded')
    guarded() {
      return 'in';
    }
  }

  /** A guard that is none of ours. */
  @UseGuards({ canActivate: () => true })
  @Controller('other-guard')
  class OtherGuardController {
    @RequireApp()
    @Get()
    get() {
      return 'in';
    }

    @Public({ identify: true })
    @Get('identifying')
    identifying() {
      return 'in';
    }
  }

  @UseGuards(ApiKeyGuard)
  class GuardedBase {
    @RequireApp('scans:write')
    @Get()
    get() {
      return 'in';
    }
  }

  @Controller('inherits-guard')
  class InheritingController extends GuardedBase {}

  class OwnGuard extends JwtGuard {}

  @UseGuards(OwnGuard)
  @Controller('own-guard')
  class OwnGuardController {
    @Scopes('parcels:read')
    @Get()
    get() {
      return 'in';
    }
  }

  @Controller('open')
  class OpenController {
    @Public()
    @Get()
    get() {
      return 'in';
    }

    @Honeypot()
    @Get('decoy')
    decoy() {
      return 'in';
    }
  }

  it('are refused at boot where nothing would apply them, by name', async () => {
    const controllers = [OnClassController, OnMethodController, OtherGuardController, InheritingController];
    const error = await running.start({ portcullis, controllers }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    const unguarded = (handler: string) =>
      `${handler} has decorators of Portcullis, but with globalGuard: false nothing applies them: ` +
      'write @UseGuards(JwtGuard), @UseGuards(ApiKeyGuard) or @UseGuards(AccessGuard) on it or on its class';
    expect((error as PortcullisConfigurationError).problems).toEqual([
      unguarded('OnClassController.get'),
      unguarded('OnMethodController.get'),
      unguarded('OtherGuardController.get'),
      unguarded('OtherGuardController.identifying'),
    ]);
  });

  it('hold where a guard of ours stands on the class, or is extended by one', async () => {
    await running.start({
      portcullis,
      controllers: [InheritingController, OwnGuardController, OpenController],
    });
    expect(await running.statusOf('/inherits-guard')).toBe(401);
    expect(await running.statusOf('/inherits-guard', await appWith(running.app))).toBe(403);
    expect(await running.statusOf('/inherits-guard', await appWith(running.app, ['scans:write']))).toBe(200);
    expect(await running.statusOf('/own-guard', await userWith(running.app))).toBe(403);
    expect(await running.statusOf('/open')).toBe(200);
  });

  it.each<[string, AppParts]>([
    ['provided for the whole app', { providers: [{ provide: APP_GUARD, useExisting: AccessGuard }] }],
    ['provided as a class', { providers: [{ provide: APP_GUARD, useClass: JwtGuard }] }],
    ['put on the app', { prepare: (app) => app.useGlobalGuards(app.get(AccessGuard)) }],
  ])('hold where one of ours is %s', async (_, parts) => {
    await running.start({ portcullis, controllers: [OnClassController], ...parts });
    expect(await running.statusOf('/on-class')).toBe(401);
    expect(await running.statusOf('/on-class', await userWith(running.app))).toBe(403);
    expect(await running.statusOf('/on-class', await userWith(running.app, ['parcels:read']))).toBe(200);
  });

  it('hold on controllers of our own', async () => {
    const imports = [PortcullisAdminModule.register(), PortcullisPersonalTokensModule.register()];
    await running.start({ portcullis, imports });
    for (const path of ['/admin/api-keys', '/admin/bans', '/personal-tokens']) {
      expect([path, await running.statusOf(path)]).toEqual([path, 401]);
    }
    expect(await running.statusOf('/admin/bans', await userWith(running.app))).toBe(403);
    expect(await running.statusOf('/admin/bans', await userWith(running.app, ['bans:admin']))).toBe(200);
    expect(await running.statusOf('/personal-tokens', await userWith(running.app))).toBe(200);
  });
});
