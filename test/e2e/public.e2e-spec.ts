import { Controller, Get } from '@nestjs/common';
import { AppIdentity, CurrentApp, CurrentUser, Public, UserIdentity } from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const who = (user?: UserIdentity, app?: AppIdentity) => ({ user: user?.subject, app: app?.appId });

@Controller('open')
class OpenController {
  @Public()
  @Get('public')
  public(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
  }

  @Public({ identify: true })
  @Get('identifying')
  identifying(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
  }
}

describeOnPlatforms('@Public() on %s', (running) => {
  let user: object;
  let key: object;

  const { get, statusOf } = running;
  const answerOf = async (path: string, ...credentials: object[]) => {
    const response = await get(path, ...credentials);
    expect(response.status).toBe(200);
    return response.json();
  };

  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes },
      controllers: [OpenController],
    });
    user = await userWith(running.app);
    key = await appWith(running.app);
  });

  const badToken = { authorization: 'Bearer no.such.token' };
  const badKey = { 'x-api-key': 'ptc_live_nonsense' };

  it('lets everyone in', async () => {
    expect(await answerOf('/open/public')).toEqual({});
  });

  it('ignores credentials, the good as well as the bad', async () => {
    expect(await answerOf('/open/public', user, key)).toEqual({});
    expect(await answerOf('/open/public', badToken, badKey)).toEqual({});
  });

  it('lets anonymous callers in with identify, and says who called where a good credential comes', async () => {
    expect(await answerOf('/open/identifying')).toEqual({});
    expect(await answerOf('/open/identifying', user)).toEqual({ user: 'ada' });
    expect(await answerOf('/open/identifying', user, key)).toEqual({
      user: 'ada',
      app: 'depot',
    });
  });

  it('refuses a bad credential with identify, even beside a good one', async () => {
    expect(await statusOf('/open/identifying', badToken)).toBe(401);
    expect(await statusOf('/open/identifying', badKey)).toBe(401);
    expect(await statusOf('/open/identifying', user, badKey)).toBe(401);
    expect(await statusOf('/open/identifying', badToken, key)).toBe(401);
  });
});
