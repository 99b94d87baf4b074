import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { BanExempt, type PortcullisConfigurationError, Public, RequireUser, Scopes } from '@portcullis/auth';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { type AppParts, describeOnPlatforms } from '../support/running-app.js';

const portcullis = { tokens: ownTokens, bans: noStrikes };

class BaseController {
  /** A handler in one of the controllers that extend this one. */
  @RequireUser()
  get(): unknown {
    return 'in';
  }
}

@Controller('inheriting')
class InheritingController extends BaseController {
  @Get()
  override get() {
    return 'in';
  }
}

@Controller()
class RoutesController {
  @RequireUser('parcels:read')
  @Get()
  get() {
    return this.helper();
  }

  @Scopes('parcels:read')
  helper() {
    return this.asked;
  }

  @BanExempt()
  get asked(): string {
    throw new Error('an accessor is not called');
  }

  @Public()
  static helper() {}
}

@Injectable()
class ParcelsService {
  @RequireUser('parcels:read')
  list() {}
}

@RequireUser('parcels:read')
@Injectable()
class DepotsService {
  list() {}
}

@RequireUser()
@Module({})
class GuardedModule {}

describeOnPlatforms('a decorator on %s', (running) => {
  const problemsOf = (parts: AppParts): Promise<readonly string[] | undefined> =>
    running.start({ portcullis, ...parts }).then(
      () => undefined,
      (error: PortcullisConfigurationError) => error.problems,
    );

  const stray = (place: string, decorator: string) =>
    `${place}: ${decorator} protects nothing, because no request leads there: ` +
    'put it on the handler of a controller, such as one under @Get()';

  it('that stands where no request leads keeps the app from booting, by name', async () => {
    const problems = await problemsOf({
      controllers: [InheritingController, RoutesController],
      providers: [ParcelsService, DepotsService],
      imports: [GuardedModule],
    });
    expect(problems).toEqual([
      stray('RoutesController.helper', '@Public'),
      stray('RoutesController.helper', '@Scopes'),
      stray('RoutesController.asked', '@BanExempt'),
      stray('ParcelsService.list', '@RequireUser'),
      stray('DepotsService', '@RequireUser'),
      stray('GuardedModule', '@RequireUser'),
    ]);
  });

  it('of a class that others extend may stand on what only they make a handler', async () => {
    expect(await problemsOf({ controllers: [InheritingController] })).toBeUndefined();
    expect(await running.statusOf('/inheriting')).toBe(401);
  });
});
