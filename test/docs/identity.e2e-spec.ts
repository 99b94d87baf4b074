import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestApplication,
  Module,
  Req,
  UseGuards,
  ValidationPipe,
  type ValidationPipeOptions,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  CurrentUser,
  identityOf,
  PortcullisModule,
  type PortcullisOptions,
  Public,
  RequireUser,
  TokenIssuer,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { type BootOptions, boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/identity.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { ParcelsController } = await load('parcels.controller.ts');
const { TenantData } = await load('tenant-data.ts');
const { AccessLogInterceptor } = await load('access-log.interceptor.ts');
afterAll(laidOut.remove);

interface Carrier {
  readonly user?: unknown;
  readonly caller?: unknown;
  readonly raw?: object;
}

class LookingGuard implements CanActivate {
  canActivate(host: ExecutionContext): boolean {
    const request = host.switchToHttp().getRequest<Carrier>();
    return request.user instanceof UserIdentity || request.caller instanceof UserIdentity;
  }
}

@Controller('looks')
class LooksController {
  @RequireUser()
  @UseGuards(LookingGuard)
  @Get('guard')
  guard() {
    return 'in';
  }

  @Public({ identify: true })
  @Get('properties')
  properties(@Req() request: Carrier) {
    const whose = (value: unknown) => (value instanceof UserIdentity ? value.subject : (value ?? null));
    const raw = identityOf((request.raw ?? request) as never);
    return { user: whose(request.user), caller: whose(request.caller), raw: raw.user?.subject ?? null };
  }

  @RequireUser()
  @Get('piped')
  piped(@CurrentUser() user: UserIdentity, @CurrentUser('scopes') scopes: string[]) {
    return {
      isUser: user instanceof UserIdentity,
      isFrozen: Object.isFrozen(user),
      mayRead: user.hasScope('a:1'),
      scopes,
    };
  }
}

describe.each(platforms)('identities on %s', (platform) => {
  const open: INestApplication[] = [];
  afterEach(async () => {
    for (const app of open.splice(0)) await app.close();
  });

  const start = async (options: PortcullisOptions = {}, bootOptions: BootOptions = {}) => {
    @Module({ providers: [TenantData], exports: [TenantData] })
    class DataModule {}
    const portcullis = PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes, ...options });
    const controllers = [ParcelsController, LooksController];
    const metadata = { imports: [portcullis, DataModule], controllers };
    const { app, url } = await boot(platform, metadata, bootOptions);
    open.push(app);
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(url + path, { headers });
      const body = (await response.json().catch(() => undefined)) as Record<string, unknown>;
      return { status: response.status, body };
    };
    return { app, get };
  };

  it('reach a handler, whole or in part', async () => {
    const { app, get } = await start();
    const user = await userWith(app, ['parcels:read']);
    expect((await get('/parcels/mine', user)).body).toEqual({ subject: 'ada', mayRead: true });
    expect((await get('/parcels/anybody')).body).toEqual({});
    const both = { ...user, ...(await appWith(app)) };
    expect((await get('/parcels/anybody', both)).body).toEqual({ subject: 'ada', app: 'depot' });
  });

  it("reach an app's own guard, parameter decorator and request-scoped provider", async () => {
    const { app, get } = await start({ tenantClaim: 'org' });
    const claims = { subject: 'ada', clientId: 'web', claims: { org: 'alps' } };
    const user = { authorization: `Bearer ${(await app.get(TokenIssuer).issue(claims)).accessToken}` };
    expect(await get('/parcels/of/ada', user)).toEqual({
      status: 200,
      body: { tenant: 'alps', source: 'parcels of alps' },
    });
    expect((await get('/parcels/of/bob', user)).status).toBe(403);
    // The guard of the app comes after ours, which is asked first.
    expect((await get('/parcels/of/ada')).status).toBe(401);
  });

  it("reach an app's own interceptor", async () => {
    const { app, get } = await start();
    await get('/parcels/mine', { ...(await userWith(app)), ...(await appWith(app)) });
    await get('/parcels/anybody');
    const made = [...app.get(ModulesContainer).values()].flatMap(({ injectables }) => [
      ...injectables.values(),
    ]);
    const { instance } = made.find(({ metatype }) => metatype === AccessLogInterceptor) ?? {};
    expect(instance).toMatchObject({ seen: ['ada by depot', 'undefined by undefined'] });
  });

  it.each<[string, PortcullisOptions, object]>([
    ['at request.user', {}, { user: 'ada', caller: null }],
    ['at another property', { userProperty: 'caller' }, { user: null, caller: 'ada' }],
    ['nowhere', { userProperty: null }, { user: null, caller: null }],
  ])('are found %s', async (_, options, expected) => {
    const { app, get } = await start(options);
    const user = await userWith(app);
    expect((await get('/looks/properties', user)).body).toEqual({ ...expected, raw: 'ada' });
    expect((await get('/looks/properties')).body).toEqual({ user: null, caller: null, raw: null });
    expect((await get('/looks/guard', user)).status).toBe(options.userProperty === null ? 403 : 200);
  });

  it.each<[string, object, string | null]>([
    [
      'takes the place of the null that Fastify’s plugins declare it with',
      { value: null, writable: true },
      'ada',
    ],
    ['is left out where it can’t be set', { get: () => undefined }, null],
  ])('at request.user %s', async (_, descriptor, user) => {
    const prepare: BootOptions['prepare'] = (app) => {
      const framework = app.getHttpAdapter().getInstance();
      if (platform === 'express') Object.defineProperty(framework.request, 'user', descriptor);
      else framework.decorateRequest('user', 'get' in descriptor ? { getter: descriptor.get } : null);
    };
    const { app, get } = await start({}, { prepare });
    const { status, body } = await get('/looks/properties', await userWith(app));
    expect({ status, ...body }).toEqual({ status: 200, user, caller: null, raw: 'ada' });
  });

  it('never take the place of what something else has put there', async () => {
    // Where it is put differs: Fastify's middleware sees Node's request, its hooks see Fastify's.
    const prepare: BootOptions['prepare'] = (app) => {
      const put = (request: object) => Object.assign(request, { user: 'another' });
      if (platform === 'express') {
        app.use((request: object, _: unknown, next: () => void) => {
          put(request);
          next();
        });
      } else
        app
          .getHttpAdapter()
          .getInstance()
          .addHook('preHandler', async (request: object) => void put(request));
    };
    const { app, get } = await start({}, { prepare });
    expect((await get('/looks/properties', await userWith(app))).body).toEqual({
      user: 'another',
      caller: null,
      raw: 'ada',
    });
  });

  it.each<[string, ValidationPipeOptions]>([
    ['transforms', { transform: true }],
    ['validates custom decorators', { validateCustomDecorators: true }],
    [
      'does everything',
      { transform: true, whitelist: true, forbidNonWhitelisted: true, validateCustomDecorators: true },
    ],
  ])('pass a ValidationPipe unharmed that %s', async (_, pipe) => {
    const prepare: BootOptions['prepare'] = (app) => app.useGlobalPipes(new ValidationPipe(pipe));
    const { app, get } = await start({}, { prepare });
    expect((await get('/looks/piped', await userWith(app, ['a:1']))).body).toEqual({
      isUser: true,
      isFrozen: true,
      mayRead: true,
      scopes: ['a:1'],
    });
  });
});
