import { Controller, Get, ValidationPipe, type ValidationPipeOptions } from '@nestjs/common';
import {
  AppIdentity,
  CurrentApp,
  CurrentUser,
  Public,
  RequireApp,
  RequireUser,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class WhoController {
  @RequireUser()
  @RequireApp()
  @Get('both')
  both(
    @CurrentUser() user: UserIdentity,
    @CurrentApp() app: AppIdentity,
    @CurrentUser('subject') subject: string,
    @CurrentApp('scopes') scopes: readonly string[],
    @CurrentUser('claims') claims: Readonly<Record<string, unknown>>,
  ) {
    return [
      user instanceof UserIdentity && user.hasScope('a:b') && Object.isFrozen(user),
      app instanceof AppIdentity && app.hasScope('c:d') && Object.isFrozen(app),
      subject,
      scopes,
      claims.sub,
    ];
  }

  @Public({ identify: true })
  @Get('nobody')
  nobody(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return [user === undefined, app === undefined];
  }
}

describeOnPlatforms("identities and an app's pipes on %s", (running) => {
  it.each<ValidationPipeOptions>([
    {},
    { transform: true },
    { whitelist: true },
    { whitelist: true, transform: true },
    { whitelist: true, forbidNonWhitelisted: true },
    { whitelist: true, forbidNonWhitelisted: true, transform: true },
    { forbidUnknownValues: true },
    { forbidUnknownValues: true, transform: true },
    { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, transform: true },
    { transform: true, transformOptions: { enableImplicitConversion: true } },
    { transform: true, transformOptions: { strategy: 'excludeAll' } },
    { transform: true, transformOptions: { enableCircularCheck: true, exposeDefaultValues: true } },
  ])('pass them unharmed, validated with %j', async (options) => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [WhoController],
      prepare: (app) =>
        app.useGlobalPipes(new ValidationPipe({ ...options, validateCustomDecorators: true })),
    });
    const user = await userWith(running.app, ['a:b']);
    const app = await appWith(running.app, ['c:d']);
    const response = await running.get('/both', user, app);
    expect([response.status, await response.json()]).toEqual([200, [true, true, 'ada', ['c:d'], 'ada']]);
    expect(await (await running.get('/nobody')).json()).toEqual([true, true]);
  });
});
