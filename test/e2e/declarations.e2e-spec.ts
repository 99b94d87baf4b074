import { Controller, Get, Module } from '@nestjs/common';
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
import { boot } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';

const portcullis = { tokens: ownTokens, bans: noStrikes };

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

describeOnPlatforms('declarations on %s', (running) => {
  const { statusOf } = running;

  beforeAll(() =>
    running.start({
      portcullis,
      controllers: [
        ClassSaysAppController,
        ClassSaysPublicController,
        ClassSaysScopesController,
        DerivedController,
      ],
    }),
  );

  it('what a class says holds for each of its methods', async () => {
    expect(await statusOf('/class-says-app/inherits')).toBe(401);
    expect(await statusOf('/class-says-app/inherits', await appWith(running.app, ['depots:read']))).toBe(200);
    expect(await statusOf('/class-says-public/inherits')).toBe(200);
  });

  it('a method that says who may call replaces what its class says', async () => {
    expect(await statusOf('/class-says-app/user', await appWith(running.app, ['depots:read']))).toBe(401);
    expect(await statusOf('/class-says-app/user', await userWith(running.app, ['parcels:read']))).toBe(200);
    expect(await statusOf('/class-says-app/public')).toBe(200);
  });

  it('a method that names scopes in a public class is closed again', async () => {
    expect(await statusOf('/class-says-public/scopes')).toBe(401);
    expect(await statusOf('/class-says-public/scopes', await userWith(running.app))).toBe(403);
    expect(await statusOf('/class-says-public/scopes', await userWith(running.app, ['parcels:read']))).toBe(
      200,
    );
  });

  it("@Scopes on a method replaces the class's @Scopes and keeps who may call", async () => {
    expect(await statusOf('/class-says-scopes/others', await userWith(running.app, ['parcels:read']))).toBe(
      403,
    );
    expect(await statusOf('/class-says-scopes/others', await userWith(running.app, ['parcels:write']))).toBe(
      200,
    );
    expect(await statusOf('/class-says-scopes/others', await appWith(running.app, ['parcels:write']))).toBe(
      401,
    );
  });

  it('what a base class demands holds in a derived one that speaks of something else', async () => {
    expect(await statusOf('/derived/of-class', await appWith(running.app, ['parcels:read']))).toBe(401);
    expect(await statusOf('/derived/of-class', await userWith(running.app))).toBe(403);
    expect(await statusOf('/derived/of-class', await userWith(running.app, ['parcels:read']))).toBe(200);
    expect(await statusOf('/derived/of-method', await userWith(running.app, ['scans:write']))).toBe(401);
    expect(await statusOf('/derived/of-method', await appWith(running.app))).toBe(403);
    expect(await statusOf('/derived/of-method', await appWith(running.app, ['scans:write']))).toBe(200);
  });
});

describeOnPlatforms('declarations on %s', (running) => {
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
    const error = await running.start({ portcullis, controllers }).then(
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
    const booting = running.start({ controllers: [ClassSaysScopesController] });
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

    // Also where that module comes before Portcullis.
    const imports = [FeatureModule, PortcullisModule.forRoot(portcullis)];
    const { app, url } = await boot(running.platform, { imports });
    expect((await fetch(`${url}/elsewhere`)).status).toBe(401);
    await app.close();
  });
});
