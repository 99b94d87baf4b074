import { Controller, Get, Injectable, Module } from '@nestjs/common';
import {
  BanExempt,
  DEFAULT_STRIKE_RULES,
  type PortcullisConfigurationError,
  type PortcullisOptions,
  Public,
  RequireUser,
  Scopes,
  Strikes,
} from '@portcullis/auth';
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

  /** A login whose failures are called this. */
  const loginWith = (strikes: Parameters<typeof Strikes>[0]) => {
    @Controller('login')
    class LoginController {
      @Strikes(strikes)
      @Public()
      @Get()
      login() {
        return 'in';
      }
    }
    return { controllers: [LoginController] };
  };

  const rule = { id: 'coupons', match: { event: ['coupon_guessed'] }, score: 10, windowSeconds: 60 };
  const unless = {
    id: 'others',
    match: { status: 404, unlessEvent: 'coupon_guessed' },
    score: 1,
    windowSeconds: 60,
  };

  it.each<[string, PortcullisOptions['bans'], string]>([
    ['the default rules', {}, 'login_fialed'],
    ['rules of the app', { rules: [...DEFAULT_STRIKE_RULES, rule] }, 'coupons_guessed'],
    ['rules of the app alone', { rules: [rule] }, 'login_failed'],
    ['no rules at all', { rules: [] }, 'coupon_guessed'],
  ])('that names an event which %s do not know keeps the app from booting', async (_, bans = {}, event) => {
    expect(await problemsOf({ portcullis: { ...portcullis, bans }, ...loginWith({ event }) })).toEqual([
      `LoginController.login: @Strikes names the event "${event}", which no rule of bans.rules matches: ` +
        'name one that does, add a rule, or give the decorator a score of its own',
    ]);
  });

  it.each<[string, PortcullisOptions['bans'], Parameters<typeof Strikes>[0]]>([
    ['default rules know', {}, { event: 'login_failed' }],
    ['a rule of the app knows', { rules: [rule] }, { event: 'coupon_guessed' }],
    ['a rule of the app excepts', { rules: [unless] }, { event: 'coupon_guessed' }],
    ['has a score of its own', {}, { event: 'coupon_guessed', score: 10 }],
    ['default rules know, where all rules are turned off', { rules: [] }, { event: 'login_failed' }],
  ])('may name an event that %s', async (_, bans = {}, strikes) => {
    expect(await problemsOf({ portcullis: { ...portcullis, bans }, ...loginWith(strikes) })).toBeUndefined();
  });
});
