import { Controller, Get, type INestApplication } from '@nestjs/common';
import {
  AppIdentity,
  CurrentApp,
  CurrentUser,
  PortcullisModule,
  RequireApp,
  RequireUser,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, ownTokens, userWith } from '../support/credentials.js';
import { boot, platforms } from '../support/platforms.js';

/** Handlers that try to change who called. */
@Controller('tampering')
class TamperingController {
  @RequireUser()
  @Get('user')
  user(@CurrentUser() user: UserIdentity) {
    return attempts(
      user,
      () => (user.scopes as string[]).push('parcels:*'),
      () => Object.assign(user.claims, { admin: true }),
    );
  }

  @RequireApp()
  @Get('app')
  app(@CurrentApp() app: AppIdentity) {
    return attempts(app, () => (app.scopes as string[]).push('parcels:*'));
  }

  @RequireUser('parcels:read')
  @Get('needs-scope')
  needsScope() {
    return 'in';
  }
}

function attempts(identity: object, ...further: (() => unknown)[]): { succeeded: number } {
  const all = [
    () => Object.assign(identity, { scopes: ['parcels:*'] }),
    () => Object.assign(identity, { extra: 1 }),
    ...further,
  ];
  const succeeded = all.filter((attempt) => {
    try {
      attempt();
      return true;
    } catch {
      return false;
    }
  });
  return { succeeded: succeeded.length };
}

describe.each(platforms)('identities on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeAll(async () => {
    const imports = [PortcullisModule.forRoot({ tokens: ownTokens })];
    ({ app, url } = await boot(platform, { imports, controllers: [TamperingController] }));
  });

  afterAll(() => app.close());

  it.each([
    ['user', userWith],
    ['app', appWith],
  ] as const)('a handler cannot change the %s that it was given', async (kind, credentialWith) => {
    const response = await fetch(`${url}/tampering/${kind}`, { headers: await credentialWith(app) });
    expect(await response.json()).toEqual({ succeeded: 0 });
  });

  it('what a handler tried to grant its user is not there on the next request', async () => {
    const user = await userWith(app);
    const statusOf = async (path: string) => (await fetch(url + path, { headers: user })).status;
    expect(await statusOf('/tampering/user')).toBe(200);
    expect(await statusOf('/tampering/needs-scope')).toBe(403);
  });
});
