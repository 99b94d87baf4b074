import { Controller, Get, type INestApplication, Injectable, Module, Scope, UseGuards } from '@nestjs/common';
import { ExternalContextCreator, LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AccessGuard,
  BanExempt,
  CurrentApp,
  CurrentUser,
  Honeypot,
  PortcullisModule,
  Public,
  RequireApp,
  RequireClaims,
  RequireUser,
  RequireUserOrApp,
  Scopes,
  Strikes,
  type UserIdentity,
} from '@portcullis/auth';
import { ownTokens, userWith } from '../support/credentials.js';
import { boot, type Platform, platforms, rootModule } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller('parcels')
class ParcelsController {
  @RequireUser('parcels:read')
  @Get()
  list() {
    return 'in';
  }
}

@RequireUser('depots:read')
@Controller('depots')
class DepotsController {
  @Get()
  list() {
    return 'in';
  }
}

/** Says nothing itself. */
@Controller('inherited')
class InheritingController extends ParcelsController {}

class UndecoratedBase {
  @Get()
  list() {
    return 'in';
  }
}

/** Has no method of its own. */
@RequireUser('parcels:read')
@Controller('inherited-as-a-whole')
class InheritingAsAWholeController extends UndecoratedBase {}

/** Drops whatever stands on the function. */
@Controller('bound')
class BindingController {
  constructor() {
    this.list = this.list.bind(this);
  }

  @RequireUser('parcels:read')
  @Get()
  list() {
    return 'in';
  }
}

@Controller({ path: 'per-request', scope: Scope.REQUEST })
class PerRequestController {
  constructor() {
    this.list = this.list.bind(this);
  }

  @RequireUser('parcels:read')
  @Get()
  list() {
    return 'in';
  }
}

/** Has nothing but a copy of the function. */
@Controller('mixed')
class MixedController {}
Object.defineProperty(
  MixedController.prototype,
  'list',
  Object.getOwnPropertyDescriptor(ParcelsController.prototype, 'list') as PropertyDescriptor,
);

/** The same of a class that says something as a whole. */
@Controller('mixed-as-a-whole')
class MixedAsAWholeController {}
Object.defineProperty(
  MixedAsAWholeController.prototype,
  'list',
  Object.getOwnPropertyDescriptor(DepotsController.prototype, 'list') as PropertyDescriptor,
);

/** Puts something in the place of the class. */
const Proxied: ClassDecorator = (type) => new Proxy(type, {});

@Controller('proxied')
@Proxied
@RequireUser('parcels:read')
class ProxiedController {
  @Get()
  list() {
    return 'in';
  }
}

@Controller('plain')
class PlainController {
  @Get()
  get() {
    return 'in';
  }
}

const decorated = [
  ParcelsController,
  DepotsController,
  InheritingController,
  InheritingAsAWholeController,
  BindingController,
  PerRequestController,
  MixedController,
  MixedAsAWholeController,
  ProxiedController,
];

const paths = [
  '/parcels',
  '/depots',
  '/inherited',
  '/inherited-as-a-whole',
  '/bound',
  '/per-request',
  '/mixed',
  '/mixed-as-a-whole',
  '/proxied',
];

async function refusalOf(booting: Promise<unknown>): Promise<string> {
  return booting.then(
    () => 'it booted',
    (error: Error) => error.message,
  );
}

describe.each(platforms)('an app without the module on %s', (platform) => {
  it.each(decorated.map((controller) => [controller.name, controller] as const))(
    'refuses to boot with %s, naming the handler and what to write',
    async (name, controller) => {
      const message = await refusalOf(boot(platform, { controllers: [controller] }));
      expect(message).toContain(`nothing guards ${name}.list`);
      expect(message).toContain('write PortcullisModule.forRoot({ … }) into the imports of its root module');
    },
  );

  it.each<[string, MethodDecorator & ClassDecorator]>([
    ['@Public', Public()],
    ['@RequireUser', RequireUser()],
    ['@RequireApp', RequireApp()],
    ['@RequireUserOrApp', RequireUserOrApp()],
    ['@Scopes', Scopes('a:1')],
    ['@RequireClaims', RequireClaims({ department: 'fraud' })],
    ['@Honeypot', Honeypot()],
    ['@BanExempt', BanExempt()],
    ['@Strikes', Strikes({ event: 'login_failed' })],
  ])('refuses to boot with %s on a method, and on a class', async (_, decorator) => {
    class OnMethodController {
      get() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(
      OnMethodController.prototype,
      'get',
    ) as PropertyDescriptor;
    Reflect.decorate([Get(), decorator], OnMethodController.prototype, 'get', descriptor);
    Controller()(OnMethodController);
    @decorator
    @Controller()
    class OnClassController {
      @Get()
      get() {}
    }
    for (const controller of [OnMethodController, OnClassController])
      expect(await refusalOf(boot(platform, { controllers: [controller] }))).toContain(
        `nothing guards ${controller.name}.get`,
      );
  });

  it('refuses to boot where the class of the module is imported without options', async () => {
    const booting = boot(platform, { imports: [PortcullisModule], controllers: [ParcelsController] });
    expect(await refusalOf(booting)).toContain('PortcullisModule is imported without options');
  });

  it('boots with what has no decorator of ours', async () => {
    const { app, url } = await boot(platform, { controllers: [PlainController] });
    expect((await fetch(`${url}/plain`)).status).toBe(200);
    await app.close();
  });

  it('lets a parameter ask for nobody', async () => {
    @Controller()
    class AskingController {
      @Get('user')
      user(@CurrentUser() user?: UserIdentity) {
        return { user };
      }
      @Get('subject')
      subject(@CurrentUser('subject') subject?: string) {
        return { subject };
      }
      @Get('app')
      app(@CurrentApp('appId') appId?: string) {
        return { appId };
      }
    }
    const errors: string[] = [];
    const log = () => {};
    const logger = { log, warn: log, error: (error: unknown) => void errors.push(String(error)) };
    const { app, url } = await boot(platform, { controllers: [AskingController] }, { logger });
    for (const path of ['user', 'subject', 'app']) expect((await fetch(`${url}/${path}`)).status).toBe(500);
    expect(errors.join()).toMatch(
      /@CurrentUser on AskingController\.user: no guard of Portcullis has decided/,
    );
    expect(errors.join()).toMatch(/@CurrentApp on AskingController\.app/);
    await app.close();
  });
});

it('a handler is refused where an app without routes has it called, too', async () => {
  @Injectable()
  class ParcelsResolver {
    @RequireUser('parcels:read')
    parcels() {
      return 'in';
    }

    @RequireUser('parcels:read')
    bound() {
      return 'in';
    }

    constructor() {
      this.bound = this.bound.bind(this);
    }
  }
  const root = rootModule({ providers: [ParcelsResolver], controllers: [ParcelsController] });
  const app = await NestFactory.createApplicationContext(root, { logger: false });
  const resolver = app.get(ParcelsResolver);
  for (const method of ['parcels', 'bound'] as const) {
    const call = app.get(ExternalContextCreator).create(resolver, resolver[method], method);
    await expect(call({}, {})).rejects.toThrow('this app has no Portcullis');
  }
  await app.close();
});

it('a unit test of a controller needs no module', async () => {
  const module = await Test.createTestingModule({ controllers: [ParcelsController] }).compile();
  expect(module.get(ParcelsController).list()).toBe('in');
  const app = module.createNestApplication();
  await expect(app.init()).rejects.toThrow('nothing guards ParcelsController.list');
});

it('a mock of everything is not taken for the module', async () => {
  const module = await Test.createTestingModule({ controllers: [ParcelsController] })
    .useMocker(() => ({}))
    .compile();
  await expect(module.createNestApplication().init()).rejects.toThrow('nothing guards');
});

const withModule = (platform: Platform) =>
  boot(platform, {
    imports: [PortcullisModule.forRoot({ tokens: ownTokens })],
    controllers: decorated,
  });

const withoutModule = (platform: Platform) => boot(platform, { controllers: decorated });

describe.each(platforms)('controllers that two apps in one process share on %s', (platform) => {
  async function expectGuarded(app: INestApplication, url: string) {
    const [reader, other] = [await userWith(app, ['parcels:read', 'depots:read']), await userWith(app)];
    for (const path of paths) {
      const statusOf = async (headers: Record<string, string>) =>
        (await fetch(url + path, { headers })).status;
      expect([path, await statusOf({}), await statusOf(other), await statusOf(reader)]).toEqual([
        path,
        401,
        403,
        200,
      ]);
    }
  }

  it('are closed in the one without the module, before and after the other has booted', async () => {
    expect(await refusalOf(withoutModule(platform))).toContain('nothing guards');
    const { app, url } = await withModule(platform);
    await expectGuarded(app, url);
    expect(await refusalOf(withoutModule(platform))).toContain('nothing guards');
    const [refused, second] = await Promise.all([refusalOf(withoutModule(platform)), withModule(platform)]);
    expect(refused).toContain('nothing guards');
    await expectGuarded(second.app, second.url);
    await expectGuarded(app, url);
    await Promise.all([app.close(), second.app.close()]);
  });
});

describeOnPlatforms('an app with the module on %s', (running) => {
  const portcullis = { tokens: ownTokens };

  it('asks no further guard of ours on a request', async () => {
    const asked: unknown[] = [];
    @UseGuards({ canActivate: () => asked.push('the guard of the app') > 0 })
    @RequireUser()
    @Controller()
    class GuardedController {
      @RequireUser()
      @Get()
      get() {
        return 'in';
      }
    }
    await running.start({ portcullis, controllers: [GuardedController] });
    const own = Reflect.getMetadata('__guards__', GuardedController) as (new () => unknown)[];
    const marker = own.find((guard) => guard.name === 'MissingModuleGuard');
    const canActivate = (marker as { prototype: { canActivate: unknown } }).prototype;
    const before = canActivate.canActivate;
    canActivate.canActivate = () => asked.push('another one');
    expect(await running.statusOf('/', await userWith(running.app))).toBe(200);
    canActivate.canActivate = before;
    expect(asked).toEqual(['the guard of the app']);
  });

  it('may be made by forRootAsync, and hold modules of its own', async () => {
    @Module({ controllers: [ParcelsController] })
    class FeatureModule {}
    const imports = [FeatureModule, PortcullisModule.forRootAsync({ useFactory: () => portcullis })];
    const { app, url } = await boot(running.platform, { imports });
    expect((await fetch(`${url}/parcels`)).status).toBe(401);
    await app.close();
  });

  it('may import the class beside its options', async () => {
    @Module({ imports: [PortcullisModule], controllers: [ParcelsController] })
    class FeatureModule {}
    await running.start({ portcullis, imports: [FeatureModule] });
    expect(await running.statusOf('/parcels')).toBe(401);
    expect(await running.statusOf('/parcels', await userWith(running.app, ['parcels:read']))).toBe(200);
  });

  it('loads modules lazily', async () => {
    @Injectable()
    class LateService {
      @Public()
      late() {
        return 'in';
      }
    }
    @Module({ controllers: [ParcelsController, DepotsController], providers: [LateService] })
    class LateModule {}
    await running.start({ portcullis: { ...portcullis, globalGuard: false, bans: { global: false } } });
    const module = await running.app.get(LazyModuleLoader).load(() => LateModule);
    const service = module.get(LateService);
    const call = running.app.get(ExternalContextCreator).create(service, service.late, 'late');
    expect(await call({}, {})).toBe('in');
  });

  it('of which a test has overridden the guard lets in whom that lets in', async () => {
    @Controller()
    class AskingController {
      @RequireUser('a:1')
      @Get()
      get(@CurrentUser('subject') subject?: string) {
        return { subject };
      }
    }
    const root = rootModule({
      imports: [PortcullisModule.forRoot(portcullis)],
      controllers: [AskingController],
    });
    for (const [isAllowed, status] of [[true, 200] as const, [false, 403] as const]) {
      const module = await Test.createTestingModule({ imports: [root] })
        .overrideProvider(AccessGuard)
        .useValue({ canActivate: () => isAllowed })
        .compile();
      const app = module.createNestApplication({ logger: false });
      await app.listen(0, '127.0.0.1');
      expect((await fetch(await app.getUrl())).status).toBe(status);
      await app.close();
    }
  });
});
