import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import {
  ApiKeyGuard,
  AppIdentity,
  CurrentApp,
  CurrentUser,
  Honeypot,
  JwtGuard,
  RequireApp,
  Scopes,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

const who = (user?: UserIdentity, app?: AppIdentity) => ({ user: user?.subject, app: app?.appId });

@Controller()
class RoutesController {
  @Get('unguarded')
  unguarded(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
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

  it('a route without a guard is open, and nobody is identified there', async () => {
    const response = await call('/unguarded', await userWith(running.app), await appWith(running.app));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({});
    expect(await statusOf('/unguarded', { authorization: 'Bearer x' })).toBe(200);
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
