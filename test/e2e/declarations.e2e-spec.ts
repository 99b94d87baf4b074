import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import {
  BanExempt,
  Honeypot,
  PortcullisConfigurationError,
  PortcullisModule,
  Public,
  RequireApp,
  RequireUser,
  Scopes,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { boot, platforms } from '../support/platforms.js';

const portcullis = () => PortcullisModule.forRoot({ tokens: ownTokens, bans: noStrikes });

@RequireApp('depots:read')
@Controller('class-says-app')
class ClassSaysAppController {
  @Get('inherits')
  inherits() {
    return 'in';
  }

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

@Public()
@Controller('class-says-public')
class ClassSaysPublicController {
  @Get('inherits')
  inherits() {
    return 'in';
  }

  @Scopes('parcels:read')
  @Get('scopes')
  scopes() {
    return 'in';
  }
}

@Scopes('parcels:read')
@RequireUser()
@Controller('class-says-scopes')
class ClassSaysScopesController {
  @Scopes('parcels:write')
  @Get('others')
  others() {
    return 'in';
  }
}

@RequireUser('parcels:read')
@Controller('base')
class BaseController {
  @Get('of-class')
  ofClass() {
    return 'in';
  }

  @RequireApp('scans:write')
  @Get('of-method')
  ofMethod() {
    return 'in';
  }
}

/** Says something else than its base class, on the class and on a method that it overrides. */
@BanExempt()
@Controller('derived')
class DerivedController extends BaseController {
  @BanExempt()
  @Get('of-method')
  override ofMethod() {
    return 'in';
  }
}

describe.each(platforms)('declarations on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  const statusOf = async (path: string, headers = {}) => (await fetch(url + path, { headers })).status;

  beforeAll(async () => {
    const controllers = [
      ClassSaysAppController,
      ClassSaysPublicController,
      ClassSaysScopesController,
      DerivedController,
    ];
    ({ app, url } = await boot(platform, { imports: [portcullis()], controllers }));
  });

  afterAll(() => app.close());

  it('what a class says holds for each of its methods', async () => {
    expect(await statusOf('/class-says-app/inherits')).toBe(401);
    expect(await statusOf('/class-says-app/inherits', await appWith(app, ['depots:read']))).toBe(200);
    expect(await statusOf('/class-says-public/inherits')).toBe(200);
  });

  it('a method that says who may call replaces what its class says', async () => {
    expect(await statusOf('/class-says-app/user', await appWith(app, ['depots:read']))).toBe(401);
    expect(await statusOf('/class-says-app/user', await userWith(app, ['parcels:read']))).toBe(200);
    expect(await statusOf('/class-says-app/public')).toBe(200);
  });

  it('a method that names scopes in a public class is closed again', async () => {
    expect(await statusOf('/class-says-public/scopes')).toBe(401);
    expect(await statusOf('/class-says-public/scopes', await userWith(app))).toBe(403);
    expect(await statusOf('/class-says-public/scopes', await userWith(app, ['parcels:read']))).toBe(200);
  });

  it("@Scopes on a method replaces the class's @Scopes and keeps who may call", async () => {
    expect(await statusOf('/class-says-scopes/others', await userWith(app, ['parcels:read']))).toBe(403);
    expect(await statusOf('/class-says-scopes/others', await userWith(app, ['parcels:write']))).toBe(200);
    expect(await statusOf('/class-says-scopes/others', await appWith(app, ['parcels:write']))).toBe(401);
  });

  it('what a base class demands holds in a derived one that speaks of something else', async () => {
    expect(await statusOf('/derived/of-class', await appWith(app, ['parcels:read']))).toBe(401);
    expect(await statusOf('/derived/of-class', await userWith(app))).toBe(403);
    expect(await statusOf('/derived/of-class', await userWith(app, ['parcels:read']))).toBe(200);
    expect(await statusOf('/derived/of-method', await userWith(app, ['scans:write']))).toBe(401);
    expect(await statusOf('/derived/of-method', await appWith(app))).toBe(403);
    expect(await statusOf('/derived/of-method', await appWith(app, ['scans:write']))).toBe(200);
  });

  it('contradictory decorators refuse to boot, with one error that names each place', async () => {
    @Controller()
    class OpenAndClosedController {
      @Public()
      @RequireUser('parcels:read')
      @Get()
      get() {}
    }
    @Honeypot()
    @BanExempt()
    @Controller()
    class HarmlessDecoyController {
      @Get('decoy')
      get() {}
    }

    const controllers = [OpenAndClosedController, HarmlessDecoyController];
    const error = await boot(platform, { imports: [portcullis()], controllers }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(PortcullisConfigurationError);
    expect((error as PortcullisConfigurationError).problems).toEqual([
      'OpenAndClosedController.get: @Public and @RequireUser contradict each other',
      'HarmlessDecoyController: @Honeypot and @BanExempt contradict each other',
    ]);
  });

  it('a route that demands a user refuses to boot in an app that trusts no issuer', async () => {
    const booting = boot(platform, {
      imports: [PortcullisModule.forRoot({})],
      controllers: [ClassSaysScopesController],
    });
    await expect(booting).rejects.toThrow(
      'ClassSaysScopesController.others demands a user, but no issuer is trusted',
    );
  });

  it('holds in a module that is not the root, too', async () => {
    @Controller('elsewhere')
    class ElsewhereController {
      @Get()
      get() {
        return 'in';
      }
    }
    @Module({ controllers: [ElsewhereController] })
    class FeatureModule {}

    const other = await boot(platform, { imports: [FeatureModule, portcullis()] });
    expect((await fetch(`${other.url}/elsewhere`)).status).toBe(401);
    await other.app.close();
  });
});
