import { Controller, Get, type INestApplication, Req, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  ApiKeyService,
  AppIdentity,
  CurrentApp,
  CurrentUser,
  PortcullisModule,
  Public,
  RevocationService,
  TokenIssuer,
  UserIdentity,
} from '@portcullis/auth';
import { appWith, noStrikes, ownTokens } from '../support/credentials.js';
import { EventRecorder } from '../support/events.js';
import { problemIn } from '../support/http.js';
import { type Booted, boot, platforms } from '../support/platforms.js';
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

describe.each(platforms)('AuthGuard of @nestjs/passport on %s', (platform) => {
  const open: Booted[] = [];

  afterEach(async () => {
    for (const { app } of open.splice(0)) await app.close();
  });

  const bootApp = (registerPassport: boolean, globalGuard: boolean): Promise<Booted> => {
    const portcullis = PortcullisModule.forRoot({
      tokens: ownTokens,
      bans: noStrikes,
      registerPassport,
      globalGuard,
      events: { accepted: true },
    });
    return boot(platform, { imports: [portcullis], controllers });
  };

  /** Without the global guard, and closed after the test. */
  const bootOpen = async (registerPassport: boolean): Promise<Booted> => {
    const booted = await bootApp(registerPassport, false);
    open.push(booted);
    return booted;
  };

  describe.each([
    ['without', false],
    ['beside', true],
  ])('%s the global guard', (_, globalGuard) => {
    let app: INestApplication;
    let url: string;

    const issue = () => app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    const get = (path: string, token?: string) =>
      fetch(url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

    beforeAll(async () => {
      ({ app, url } = await bootApp(true, globalGuard));
    });

    afterAll(() => app.close());

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
      await app.get(RevocationService).revokeToken(tokenId, { reason: 'test' });
      const response = await get('/old', accessToken);
      expect(response.status).toBe(401);
      expect((await problemIn(response)).code).toBe('invalid_token');
    });

    it('what is accepted and what is refused is emitted as ever', async () => {
      const events = new EventRecorder(app);
      expect((await get('/old', (await issue()).accessToken)).status).toBe(200);
      const { requestId } = await problemIn(await get('/old', 'x'));
      const [accepted] = await events.first('request.accepted');
      expect(accepted?.request).toMatchObject({ path: '/old', subject: 'ada' });
      expect(await events.about('request.refused', requestId)).toMatchObject({ code: 'invalid_token' });
    });

    it('of a list of strategies the one that finds its credential counts', async () => {
      expect(await (await get('/either', (await issue()).accessToken)).json()).toEqual({ user: 'ada' });
      const byKey = await fetch(`${url}/either`, { headers: await appWith(app) });
      expect(await byKey.json()).toEqual({ app: 'depot' });
      expect((await get('/either')).status).toBe(401);
    });
  });

  it("lets no user into an app's route with a personal token", async () => {
    const { app, url } = await bootOpen(true);
    const { key } = await app.get(ApiKeyService).create({
      issuer: ownTokens.issuer.url,
      subject: 'ada',
      name: 'nightly',
    });
    const statusOf = async (path: string, headers: Record<string, string>) =>
      (await fetch(url + path, { headers })).status;
    expect(await statusOf('/app', await appWith(app))).toBe(200);
    expect(await statusOf('/app', { 'x-api-key': key })).toBe(401);
    expect(await statusOf('/either', { authorization: `Bearer ${key}` })).toBe(200);
  });

  it('finds no strategy where it was not registered', async () => {
    const { url } = await bootOpen(false);
    expect((await fetch(`${url}/old`)).status).toBe(500);
  });

  it('still finds that of an app which came later, when an earlier one is closed', async () => {
    const [earlier, later] = [await bootOpen(true), await bootOpen(true)];
    await earlier.app.close();
    open.splice(open.indexOf(earlier), 1);
    const { accessToken } = await later.app.get(TokenIssuer).issue({ subject: 'ada', clientId: 'web' });
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await fetch(`${later.url}/old`, { headers })).status).toBe(200);
  });

  it('finds none any more once the app that registered it is closed', async () => {
    const registering = await bootOpen(true);
    const other = await bootOpen(false);
    // Passport's registry is one for the process.
    expect((await fetch(`${other.url}/old`)).status).toBe(401);
    await registering.app.close();
    open.splice(open.indexOf(registering), 1);
    expect((await fetch(`${other.url}/old`)).status).toBe(500);
    expect((await fetch(`${other.url}/either`)).status).toBe(500);
  });

  it("lets no client in with a token of its own: the team's code counts on a user", async () => {
    const signer = new Signer('ES256');
    const signingKey = { ...signer.privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: signer.kid };
    const portcullis = PortcullisModule.forRoot({
      tokens: { ...ownTokens, issuer: { ...ownTokens.issuer, signingKey } },
      registerPassport: true,
      globalGuard: false,
    });
    const booted = await boot(platform, { imports: [portcullis], controllers });
    open.push(booted);
    const claims = {
      ...accessClaims(ownTokens.issuer.url, ownTokens.audience, Date.now()),
      client_id: 'web',
    };
    const statusOf = async (sub: string) => {
      const headers = { authorization: `Bearer ${signer.token({ ...claims, sub })}` };
      return (await fetch(`${booted.url}/old`, { headers })).status;
    };
    expect([await statusOf('ada'), await statusOf('web')]).toEqual([200, 401]);
  });
});
