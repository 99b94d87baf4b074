import { Controller, Get, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  ApiKeyService,
  AppIdentity,
  CurrentApp,
  CurrentUser,
  Public,
  RevocationService,
  TokenIssuer,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { problemIn } from '../support/http.js';
import { type AppParts, describeOnPlatforms, RunningApp } from '../support/running-app.js';
import { accessClaims, Signer } from '../support/signer.js';

interface PassportRequest {
  readonly user?: unknown;
}

/** A team's controller as it was before Portcullis: every word of it is Nest's and Passport's. */
@UseGuards(AuthGuard('jwt'))
@Controller('old')
class OldController {
  @Get()
  get(@Req() { user }: PassportRequest) {
    const { subject, issuer } = user as UserIdentity;
    return { isUser: user instanceof UserIdentity, subject, issuer };
  }

  @Get('current')
  current(@Req() request: PassportRequest, @CurrentUser() user: UserIdentity) {
    return { subject: user.subject, same: request.user === user };
  }
}

@UseGuards(AuthGuard(['jwt', 'headerapikey']))
@Controller('either')
class EitherController {
  @Get()
  get(@CurrentUser() user?: UserIdentity, @CurrentApp() app?: AppIdentity) {
    return { user: user?.subject, app: app?.appId };
  }
}

@UseGuards(AuthGuard('headerapikey'))
@Controller('app')
class AppController {
  @Get()
  get(@CurrentApp() app: AppIdentity) {
    return app.appId;
  }
}

@Public()
@UseGuards(AuthGuard('jwt'))
@Controller('public')
class PublicController {
  @Get()
  get(@Req() { user }: PassportRequest) {
    return { isUser: user instanceof UserIdentity };
  }
}

const controllers = [OldController, EitherController, AppController, PublicController];

const partsWith = (registerPassport: boolean, globalGuard: boolean): AppParts => ({
  portcullis: {
    tokens: ownTokens,
    bans: noStrikes,
    registerPassport,
    globalGuard,
    events: { accepted: true },
  },
  controllers,
});

describeOnPlatforms('AuthGuard of @nestjs/passport on %s', (running) => {
  describe.each([
    ['without', false],
    ['beside', true],
  ])('%s the global guard', (_, globalGuard) => {
    const issue = () => running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    const get = (path: string, token?: string) =>
      running.get(path, token === undefined ? {} : { authorization: `Bearer ${token}` });

    beforeAll(() => running.start(partsWith(true, globalGuard)));
    afterAll(() => running.close());

    it('a good token opens the route, and request.user is the user', async () => {
      const response = await get('/old', (await issue()).accessToken);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ isUser: true, subject: 'ada', issuer: ownTokens.issuer.url });
    });

    it('@CurrentUser() gives the same user', async () => {
      const response = await get('/old/current', (await issue()).accessToken);
      expect(await response.json()).toEqual({ subject: 'ada', same: true });
    });

    it('nobody enters without a token', async () => {
      expect((await get('/old')).status).toBe(401);
      expect((await get('/public')).status).toBe(401);
      expect((await get('/old', '')).status).toBe(401);
    });

    it.each(['/old', '/public', '/either'])('a bad token is refused as ever on %s', async (path) => {
      const { accessToken } = await issue();
      for (const bad of ['x', `${accessToken}x`, accessToken.split('.').with(2, '').join('.')]) {
        const response = await get(path, bad);
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
        expect((await problemIn(response)).code).toBe('invalid_token');
      }
    });

    it('a token is refused from its revocation on', async () => {
      const { accessToken, tokenId } = await issue();
      expect((await get('/old', accessToken)).status).toBe(200);
      await running.app.get(RevocationService).revokeToken(tokenId, { reason: 'test' });
      const response = await get('/old', accessToken);
      expect(response.status).toBe(401);
      expect((await problemIn(response)).code).toBe('invalid_token');
    });

    it('what is accepted and what is refused is emitted as ever', async () => {
      const events = new EventRecorder(running.app);
      expect((await get('/old', (await issue()).accessToken)).status).toBe(200);
      const { requestId } = await problemIn(await get('/old', 'x'));
      const [accepted] = await events.first('request.accepted');
      expect(accepted?.request).toMatchObject({ path: '/old', subject: 'ada' });
      expect(await events.about('request.refused', requestId)).toMatchObject({ code: 'invalid_token' });
    });

    it('of a list of strategies the one that finds its credential counts', async () => {
      expect(await (await get('/either', (await issue()).accessToken)).json()).toEqual({ user: 'ada' });
      const byKey = await running.get('/either', await appWith(running.app));
      expect(await byKey.json()).toEqual({ app: 'depot' });
      expect((await get('/either')).status).toBe(401);
    });
  });

  describe('without the global guard, where Passport is the only one who asks', () => {
    const other = new RunningApp(running.platform);

    // Passport's registry is one for the process: what is open decides who is found.
    afterEach(async () => {
      await other.close();
      await running.close();
    });

    it("lets no user into an app's route with a personal token", async () => {
      await running.start(partsWith(true, false));
      const { key } = await running.app.get(ApiKeyService).create({
        issuer: ownTokens.issuer.url,
        subject: 'ada',
        name: 'nightly',
      });
      expect(await running.statusOf('/app', await appWith(running.app))).toBe(200);
      expect(await running.statusOf('/app', { 'x-api-key': key })).toBe(401);
      expect(await running.statusOf('/either', { authorization: `Bearer ${key}` })).toBe(200);
    });

    it('finds no strategy where it was not registered', async () => {
      await running.start(partsWith(false, false));
      expect(await running.statusOf('/old')).toBe(500);
    });

    it('still finds that of an app which came later, when an earlier one is closed', async () => {
      for (const one of [other, running]) await one.start(partsWith(true, false));
      await other.close();
      const { accessToken } = await running.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
      expect(await running.statusOf('/old', { authorization: `Bearer ${accessToken}` })).toBe(200);
    });

    it('finds none any more once the app that registered it is closed', async () => {
      await other.start(partsWith(true, false));
      await running.start(partsWith(false, false));
      expect(await running.statusOf('/old')).toBe(401);
      await other.close();
      expect(await running.statusOf('/old')).toBe(500);
      expect(await running.statusOf('/either')).toBe(500);
    });

    it("lets no client in with a token of its own: the team's code counts on a user", async () => {
      const signer = new Signer('ES256');
      const signingKey = { ...signer.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: signer.kid };
      await running.start({
        portcullis: {
          tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
          registerPassport: true,
          globalGuard: false,
        },
        controllers,
      });
      const claims = {
        ...accessClaims(ownTokens.issuer.url, ownTokens.audience, Date.now()),
        client_id: 'web',
      };
      const statusOf = (sub: string) =>
        running.statusOf('/old', { authorization: `Bearer ${signer.token({ ...claims, sub })}` });
      expect([await statusOf('ada'), await statusOf('web')]).toEqual([200, 401]);
    });
  });
});
