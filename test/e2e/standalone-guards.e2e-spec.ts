import { Controller, Get, type INestApplication, Module, UseGuards } from '@nestjs/common';
import {
  ApiKeyGuard,
  AppIdentity,
  CurrentApp,
  CurrentUser,
  Honeypot,
  JwtGuard,
  PortcullisModule,
  RequireApp,
  Scopes,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownMetadata, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { boot, platforms } from '../support/platforms.js';

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

describe.each(platforms)('guards placed by hand on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  const call = (path: string, ...credentials: object[]) =>
    fetch(url + path, { headers: Object.assign({}, ...credentials) });
  const statusOf = async (path: string, ...credentials: object[]) =>
    (await call(path, ...credentials)).status;

  beforeAll(async () => {
    const portcullis = PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes, globalGuard: false });
    const metadata = { imports: [FeatureModule, portcullis], controllers: [RoutesController] };
    ({ app, url } = await boot(platform, metadata));
  });

  afterAll(() => app.close());

  it('a route without a guard is open, and nobody is identified there', async () => {
    const response = await call('/unguarded', await userWith(app), await appWith(app));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({});
    expect(await statusOf('/unguarded', { authorization: 'Bearer x' })).toBe(200);
  });

  it('JwtGuard demands a user', async () => {
    const refused = await call('/jwt');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe(`Bearer realm="api", ${ownMetadata}`);
    expect((await problemIn(refused)).code).toBe('credentials_required');
    expect(await statusOf('/jwt', await appWith(app))).toBe(401);
    expect(await statusOf('/jwt', { authorization: 'Bearer x' })).toBe(401);
    expect(await (await call('/jwt', await userWith(app))).json()).toEqual({ user: 'ada' });
  });

  it('ApiKeyGuard demands an app', async () => {
    const refused = await call('/api-key');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('ApiKey realm="api", header="X-API-Key"');
    expect(await statusOf('/api-key', await userWith(app))).toBe(401);
    expect(await statusOf('/api-key', { 'x-api-key': 'x' })).toBe(401);
    expect(await (await call('/api-key', await appWith(app))).json()).toEqual({ app: 'depot' });
  });

  it('both together demand both', async () => {
    expect(await statusOf('/both', await userWith(app))).toBe(401);
    expect(await statusOf('/both', await appWith(app))).toBe(401);
    const response = await call('/both', await userWith(app), await appWith(app));
    expect(await response.json()).toEqual({ user: 'ada', app: 'depot' });
  });

  it('JwtGuard demands a user of a decoy, too', async () => {
    expect(await statusOf('/decoy')).toBe(401);
    expect(await statusOf('/decoy', await userWith(app))).toBe(200);
  });

  it('JwtGuard honours @Scopes', async () => {
    expect(await statusOf('/scopes', await userWith(app))).toBe(403);
    expect(await statusOf('/scopes', await userWith(app, ['parcels:read']))).toBe(200);
    expect(await statusOf('/scopes', await userWith(app, ['parcels:read']), await appWith(app))).toBe(403);
  });

  it('JwtGuard demands a user besides what the decorators demand', async () => {
    const [user, key] = [await userWith(app), await appWith(app, ['scans:write'])];
    expect(await statusOf('/declared', user)).toBe(401);
    expect(await statusOf('/declared', key)).toBe(401);
    expect(await statusOf('/declared', user, await appWith(app))).toBe(403);
    expect(await statusOf('/declared', user, key)).toBe(200);
  });

  it('a guard works in a module that does not import Portcullis itself', async () => {
    expect(await statusOf('/feature')).toBe(401);
    expect(await statusOf('/feature', await appWith(app))).toBe(200);
  });
});

describe.each(platforms)('guards placed by hand besides the global one on %s', (platform) => {
  it('demand more, never less', async () => {
    const portcullis = PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes });
    const { app, url } = await boot(platform, { imports: [portcullis], controllers: [RoutesController] });
    const statusOf = async (path: string, ...credentials: object[]) =>
      (await fetch(url + path, { headers: Object.assign({}, ...credentials) })).status;
    expect(await statusOf('/unguarded')).toBe(401);
    expect(await statusOf('/jwt', await appWith(app))).toBe(401);
    expect(await statusOf('/jwt', await userWith(app))).toBe(200);
    expect(await statusOf('/declared', await userWith(app))).toBe(401);
    await app.close();
  });

  it('a decoy answers whom it has just banned, if all of its guards let them in', async () => {
    const bans = { privateAddresses: true };
    const portcullis = PortcullisModule.forRoot({ tokens: ownTokens, bans });
    const { app, url } = await boot(platform, { imports: [portcullis], controllers: [RoutesController] });
    const headers = await userWith(app);
    expect((await fetch(`${url}/decoy`, { headers })).status).toBe(200);
    expect((await problemIn(await fetch(`${url}/decoy`, { headers }))).code).toBe('address_banned');
    await app.close();
  });
});
