import { All, Body, Controller, Get, Post } from '@nestjs/common';
import {
  AnyScope,
  AppIdentity,
  CurrentApp,
  CurrentUser,
  RequireApp,
  RequireUser,
  RequireUserOrApp,
  Scopes,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { describeOnPlatforms } from '../support/running-app.js';

const who = (user?: UserIdentity, app?: AppIdentity) => ({ user: user?.subject, app: app?.appId });

@Controller()
class RoutesController {
  @Get('undeclared')
  undeclared(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
  }

  @All('every-method')
  everyMethod() {
    return 'in';
  }

  @RequireUser('parcels:read')
  @Get('user')
  user(@CurrentUser() user: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
  }

  @RequireApp('scans:write', 'scans:read')
  @Post('app')
  app(@Body() body: unknown, @CurrentApp() app: AppIdentity) {
    return { ...who(undefined, app), body };
  }

  @RequireApp('handovers:write')
  @RequireUser('parcels:deliver')
  @Get('both')
  both(@CurrentUser() user: UserIdentity, @CurrentApp() app: AppIdentity) {
    return who(user, app);
  }

  @RequireUserOrApp('reports:read')
  @Get('either')
  either(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return who(user, app);
  }

  @RequireUserOrApp()
  @Scopes('parcels:read')
  @Get('scopes')
  scopes() {
    return 'in';
  }

  @RequireUserOrApp()
  @AnyScope('parcels:read', 'parcels:write')
  @Get('any-scope')
  anyScope() {
    return 'in';
  }
}

describeOnPlatforms('access on %s', (running) => {
  const user = (...scopes: string[]) => userWith(running.app, scopes);
  const key = (...scopes: string[]) => appWith(running.app, scopes);
  const { get, statusOf } = running;
  const answerOf = async (path: string, ...credentials: object[]) => {
    const response = await get(path, ...credentials);
    expect(response.status).toBe(200);
    return response.json();
  };

  beforeAll(() =>
    running.start({ portcullis: { tokens: ownTokens, bans: noStrikes }, controllers: [RoutesController] }),
  );

  describe('a handler that says nothing', () => {
    it('is closed to anonymous callers', async () => {
      expect(await statusOf('/undeclared')).toBe(401);
    });

    it('lets any proven user or app in', async () => {
      expect(await answerOf('/undeclared', await user())).toEqual({ user: 'ada' });
      expect(await answerOf('/undeclared', await key())).toEqual({ app: 'depot' });
    });
  });

  describe('@RequireUser', () => {
    it('lets in a user with the scope, also by a wildcard', async () => {
      expect(await answerOf('/user', await user('parcels:read'))).toEqual({ user: 'ada' });
      expect(await answerOf('/user', await user('parcels:*'))).toEqual({ user: 'ada' });
    });

    it('refuses a user without the scope', async () => {
      expect(await statusOf('/user', await user('parcels:write', 'parcel:*', 'parcels:reader'))).toBe(403);
    });

    it('is not met by an app, whatever scopes it has', async () => {
      expect(await statusOf('/user', await key('parcels:*'))).toBe(401);
    });

    it('says which app called as well, if one proves itself', async () => {
      expect(await answerOf('/user', await user('parcels:read'), await key())).toEqual({
        user: 'ada',
        app: 'depot',
      });
    });

    it('refuses a good user who comes with a bad key', async () => {
      expect(await statusOf('/user', await user('parcels:read'), { 'x-api-key': 'ptc_live_nonsense' })).toBe(
        401,
      );
    });
  });

  describe('@RequireApp', () => {
    const post = async (...credentials: object[]) => {
      const headers = Object.assign({ 'content-type': 'application/json' }, ...credentials);
      return running.fetch('/app', { method: 'POST', headers, body: '{"code":"P1"}' });
    };

    it('lets in an app with all the scopes, and its body comes through whole', async () => {
      const response = await post(await key('scans:write', 'scans:read'));
      expect(response.status).toBe(201);
      expect(await response.json()).toEqual({ app: 'depot', body: { code: 'P1' } });
    });

    it('refuses an app that lacks one of the scopes', async () => {
      expect((await post(await key('scans:write'))).status).toBe(403);
    });

    it('is not met by a user, whatever scopes they have', async () => {
      expect((await post(await user('scans:*'))).status).toBe(401);
    });
  });

  describe('@RequireApp stacked with @RequireUser', () => {
    it('lets in both together, each with its own scopes', async () => {
      const answer = await answerOf('/both', await user('parcels:deliver'), await key('handovers:write'));
      expect(answer).toEqual({ user: 'ada', app: 'depot' });
    });

    it('refuses either one alone', async () => {
      expect(await statusOf('/both', await user('parcels:deliver', 'handovers:write'))).toBe(401);
      expect(await statusOf('/both', await key('parcels:deliver', 'handovers:write'))).toBe(401);
    });

    it("does not take one's scopes for the other's", async () => {
      expect(await statusOf('/both', await user('handovers:write'), await key('parcels:deliver'))).toBe(403);
      expect(await statusOf('/both', await user('parcels:deliver'), await key('parcels:deliver'))).toBe(403);
      expect(await statusOf('/both', await user('handovers:write'), await key('handovers:write'))).toBe(403);
    });
  });

  describe('@RequireUserOrApp', () => {
    it('lets in the one or the other', async () => {
      expect(await answerOf('/either', await user('reports:read'))).toEqual({ user: 'ada' });
      expect(await answerOf('/either', await key('reports:read'))).toEqual({ app: 'depot' });
    });

    it('refuses an anonymous caller', async () => {
      expect(await statusOf('/either')).toBe(401);
    });

    it('demands the scopes of both where both are proven', async () => {
      expect(await statusOf('/either', await user('reports:read'), await key())).toBe(403);
      expect(await statusOf('/either', await user(), await key('reports:read'))).toBe(403);
      expect(await statusOf('/either', await user('reports:read'), await key('reports:read'))).toBe(200);
    });
  });

  describe.each([
    ['@Scopes', '/scopes'],
    ['@AnyScope', '/any-scope'],
  ])('%s', (_, path) => {
    it('is met by the one identity that the request proves', async () => {
      expect(await statusOf(path, await user('parcels:read'))).toBe(200);
      expect(await statusOf(path, await key('parcels:read'))).toBe(200);
      expect(await statusOf(path, await user('other:read'))).toBe(403);
    });

    it('is demanded of both identities where the request proves both', async () => {
      expect(await statusOf(path, await user('parcels:read'), await key('parcels:read'))).toBe(200);
      expect(await statusOf(path, await user('parcels:read'), await key())).toBe(403);
      expect(await statusOf(path, await user(), await key('parcels:read'))).toBe(403);
    });
  });

  it('@AnyScope is met by any of its scopes', async () => {
    expect(await statusOf('/any-scope', await user('parcels:write'), await key('parcels:read'))).toBe(200);
  });

  it('HEAD follows GET', async () => {
    const head = async (...credentials: object[]) =>
      (await running.fetch('/user', { method: 'HEAD', headers: Object.assign({}, ...credentials) })).status;
    expect(await head()).toBe(401);
    expect(await head(await user())).toBe(403);
    expect(await head(await user('parcels:read'))).toBe(200);
  });

  it('what looks like a preflight does not open a handler that takes every method', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const response = await running.fetch('/every-method', { method: 'OPTIONS', headers });
    expect(response.status).toBe(401);
  });
});
