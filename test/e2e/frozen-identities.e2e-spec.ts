import { Controller, Get } from '@nestjs/common';
import {
  AppIdentity,
  CurrentApp,
  CurrentUser,
  RequireApp,
  RequireUser,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

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

describeOnPlatforms('identities on %s', (running) => {
  beforeAll(() => running.start({ portcullis: { tokens: ownTokens }, controllers: [TamperingController] }));

  it.each([
    ['user', userWith],
    ['app', appWith],
  ] as const)('a handler cannot change the %s that it was given', async (kind, credentialWith) => {
    const response = await running.get(`/tampering/${kind}`, await credentialWith(running.app));
    expect(await response.json()).toEqual({ succeeded: 0 });
  });

  it('what a handler tried to grant its user is not there on the next request', async () => {
    const user = await userWith(running.app);
    expect(await running.statusOf('/tampering/user', user)).toBe(200);
    expect(await running.statusOf('/tampering/needs-scope', user)).toBe(403);
  });
});
