import { Controller, type DynamicModule, Get, type INestApplication, Module, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  ApiKeyService,
  type AppIdentity,
  CurrentApp,
  CurrentUser,
  PortcullisModule,
  type PortcullisOptions,
  PortcullisSessionsModule,
  RequireApp,
  RequireLogin,
  RequireUser,
  RevocationService,
  type UserIdentity,
} from '@portcullis/auth';
import request from 'supertest';
import { TestClock, TestCredentials } from './index.js';

@Controller('parcels')
class ParcelsController {
  @RequireUser('parcels:read')
  @Get()
  list(@CurrentUser() { subject, clientId, expiresAt, issuedAt }: UserIdentity) {
    return { subject, clientId, lifetimeSeconds: expiresAt - issuedAt };
  }

  @RequireApp('handovers:write')
  @RequireUser('parcels:deliver')
  @Post('handover')
  handover(@CurrentUser() { subject }: UserIdentity, @CurrentApp() { appId, name }: AppIdentity) {
    return { subject, appId, name };
  }

  @RequireApp()
  @Get('plan')
  plan(@CurrentApp() { tenant, metadata }: AppIdentity) {
    return { tenant, metadata };
  }

  @RequireLogin({ acr: 'mfa', maxAgeSeconds: 60 })
  @Get('vault')
  vault() {
    return {};
  }

  @RequireUser('parcels:read')
  @Get('automation')
  automation(@CurrentUser() { issuer, subject, tenant, keyId }: UserIdentity) {
    return { issuer, subject, tenant: tenant ?? null, isPersonalToken: keyId !== undefined };
  }
}

const TOKENS = { audience: 'parcels', issuer: { url: 'http://localhost:3000', lifetimeSeconds: 60 } };

let app: INestApplication;
async function boot(options: PortcullisOptions, more: DynamicModule[] = []): Promise<INestApplication> {
  const imports = [PortcullisModule.forRoot({ events: { log: false }, ...options }), ...more];
  const module = await Test.createTestingModule({ imports, controllers: [ParcelsController] }).compile();
  app = await module.createNestApplication({ logger: false }).init();
  return app;
}
afterEach(() => app.close());

describe('test credentials', () => {
  it('call for a user', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    await request(app.getHttpServer())
      .get('/parcels')
      .set(await credentials.user({ scopes: ['parcels:read'] }))
      .expect(200, { subject: 'test-user', clientId: 'test-client', lifetimeSeconds: 60 });
  });

  it('call for a particular user, for a while', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const ann = { subject: 'ann', clientId: 'web', scopes: ['parcels:*'], lifetimeSeconds: 7 };
    await request(app.getHttpServer())
      .get('/parcels')
      .set(await credentials.user(ann))
      .expect(200, { subject: 'ann', clientId: 'web', lifetimeSeconds: 7 });
  });

  it('call for a user who has logged in like that, by default now', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const now = Math.floor(Date.now() / 1000);
    const statusOf = async (login: object) =>
      (
        await request(app.getHttpServer())
          .get('/parcels/vault')
          .set(await credentials.user(login))
      ).status;
    expect(await statusOf({ acr: 'mfa' })).toBe(200);
    expect(await statusOf({ acr: 'mfa', amr: ['otp'], authTime: now - 50 })).toBe(200);
    expect(await statusOf({ acr: 'mfa', authTime: now - 70 })).toBe(401);
    expect(await statusOf({ acr: 'low' })).toBe(401);
    expect(await statusOf({ authTime: now })).toBe(401);
    expect(await statusOf({})).toBe(401);
  });

  it('log in as strongly, and as long ago, as the test says', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const authTime = Math.floor(Date.now() / 1000) - 50;
    const statusOf = async (login: object) => {
      const { headers } = await credentials.session(login);
      return (await request(app.getHttpServer()).get('/parcels/vault').set(headers)).status;
    };
    expect(await statusOf({ acr: 'mfa', amr: ['pwd', 'otp'] })).toBe(200);
    expect(await statusOf({ acr: 'mfa', authTime })).toBe(200);
    expect(await statusOf({ acr: 'mfa', authTime: authTime - 20 })).toBe(401);
    expect(await statusOf({ amr: ['pwd'] })).toBe(401);
  });

  it('call as an application, for a user', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    await request(app.getHttpServer())
      .post('/parcels/handover')
      .set(await credentials.user({ scopes: ['parcels:deliver'] }))
      .set(await credentials.app({ appId: 'depot', name: 'Depot Bern', scopes: ['handovers:write'] }))
      .expect(201, { subject: 'test-user', appId: 'depot', name: 'Depot Bern' });
  });

  it('send the key in the header that the app has chosen', async () => {
    await boot({ tokens: TOKENS, apiKeys: { header: 'X-Depot-Key' } });
    const credentials = new TestCredentials(app);
    await request(app.getHttpServer())
      .post('/parcels/handover')
      .set(await credentials.user({ scopes: ['parcels:deliver'] }))
      .set(await credentials.app({ scopes: ['handovers:write'] }))
      .expect(201, { subject: 'test-user', appId: 'test-app', name: 'Test app' });
  });

  it('call as an application of a tenant, with metadata', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const depot = { owner: 'ops', tenant: 'bern', metadata: { plan: { name: 'gold' } } };
    await request(app.getHttpServer())
      .get('/parcels/plan')
      .set(await credentials.app(depot))
      .expect(200, { tenant: 'bern', metadata: { plan: { name: 'gold' } } });
    const { keys } = await app.get(ApiKeyService).list({ owner: 'ops' });
    expect(keys).toMatchObject([{ appId: 'test-app', ...depot }]);
  });

  it('call as an application that may not call from here', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const get = (networks: string[]) =>
      credentials
        .app({ networks })
        .then((headers) => request(app.getHttpServer()).get('/parcels/plan').set(headers));
    expect((await get(['192.0.2.0/24'])).body).toMatchObject({ status: 403, code: 'address_not_allowed' });
    expect((await get(['127.0.0.0/8', '::1'])).status).toBe(200);
  });

  it('call as an application that may call once', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const depot = await credentials.app({ rateLimit: { requests: 1, windowSeconds: 3_600 } });
    const get = () => request(app.getHttpServer()).get('/parcels/plan').set(depot);
    await get().expect(200);
    await get().expect(429);
  });

  it('call with a personal token of a user of the app itself', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const get = (headers: Record<string, string>) =>
      request(app.getHttpServer()).get('/parcels/automation').set(headers);
    const issuer = TOKENS.issuer.url;
    await get(await credentials.personalToken({ scopes: ['parcels:read'] })).expect(200, {
      issuer,
      subject: 'test-user',
      tenant: null,
      isPersonalToken: true,
    });
    const ann = { subject: 'ann', tenant: 'bern', scopes: ['parcels:*'] };
    await get(await credentials.personalToken(ann)).expect(200, {
      issuer,
      subject: 'ann',
      tenant: 'bern',
      isPersonalToken: true,
    });
    await get(await credentials.personalToken()).expect(403);
    await get(
      await credentials.personalToken({ scopes: ['parcels:read'], networks: ['192.0.2.0/24'] }),
    ).expect(403);
  });

  it("call with a personal token that ends with its user's other tokens", async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    const token = await credentials.personalToken({ subject: 'ann', scopes: ['parcels:read'] });
    const get = () => request(app.getHttpServer()).get('/parcels/automation').set(token);
    await get().expect(200);
    await app.get(RevocationService).revokeUser('ann', { reason: 'left' });
    await get().expect(401);
  });

  it('call with a personal token of a user of another issuer', async () => {
    const issuer = 'https://login.example';
    const trustedIssuers = [{ issuer, jwksUri: `${issuer}/jwks` }];
    const credentials = new TestCredentials(await boot({ tokens: { audience: 'parcels', trustedIssuers } }));
    await request(app.getHttpServer())
      .get('/parcels/automation')
      .set(await credentials.personalToken({ issuer, scopes: ['parcels:read'] }))
      .expect(200, { issuer, subject: 'test-user', tenant: null, isPersonalToken: true });
  });

  it('carry no scope that was not asked for', async () => {
    const credentials = new TestCredentials(await boot({ tokens: TOKENS }));
    await request(app.getHttpServer())
      .get('/parcels')
      .set(await credentials.user())
      .expect(403);
  });

  it('say what is missing when the app issues no tokens', async () => {
    const trustedIssuers = [{ issuer: 'https://login.example', jwksUri: 'https://login.example/jwks' }];
    const credentials = new TestCredentials(await boot({ tokens: { audience: 'parcels', trustedIssuers } }));
    await expect(credentials.user()).rejects.toThrow('tokens.issuer');
    await expect(credentials.personalToken()).rejects.toThrow('tokens.issuer');
  });
});

class Users {
  async verifyPassword() {
    return undefined;
  }
  async find(subject: string) {
    return { subject, scopes: ['parcels:read'] };
  }
}
@Module({ providers: [Users], exports: [Users] })
class UsersModule {}

describe('a test session', () => {
  const DAY = 86_400;
  const clock = new TestClock();
  let credentials: TestCredentials;
  beforeEach(async () => {
    const sessions = PortcullisSessionsModule.register({
      users: Users,
      imports: [UsersModule],
      clientId: 'web',
    });
    credentials = new TestCredentials(await boot({ tokens: TOKENS, now: clock.now }, [sessions]));
  });
  const statusOf = async (headers: Record<string, string>) =>
    (await request(app.getHttpServer()).get('/parcels').set(headers)).status;

  it('calls for its user, and goes on beyond the life of a token', async () => {
    const session = await credentials.session({ scopes: ['parcels:read'], device: 'phone' });
    expect(await statusOf(session.headers)).toBe(200);
    clock.forward(90);
    expect(await statusOf(session.headers)).toBe(401);
    expect(await statusOf(await session.refresh())).toBe(200);
  });

  it('has proven a second factor where its user has to, and what the test says where it says so', async () => {
    const always = { required: 'always' } as const;
    const levelOf = async (login?: object) => {
      const { headers } = await credentials.session(login);
      const payload = headers.Authorization?.split('.')[1] ?? '';
      const { acr, amr } = JSON.parse(Buffer.from(payload, 'base64url').toString());
      return { acr, amr };
    };
    expect(await levelOf()).toEqual({});
    await app.close();
    credentials = new TestCredentials(await boot({ tokens: TOKENS, now: clock.now, mfa: always }, []));
    expect(await levelOf()).toEqual({ acr: 'mfa', amr: ['mfa'] });
    expect(await levelOf({ amr: ['pwd'] })).toEqual({ amr: ['pwd'] });
    expect(await levelOf({ acr: 'low' })).toEqual({ acr: 'low' });
    const { headers } = await credentials.session();
    await request(app.getHttpServer()).get('/parcels/vault').set(headers).expect(200);
  });

  it('ends when it was not used for too long, and in any case at its end', async () => {
    const [idle, used] = [await credentials.session(), await credentials.session()];
    for (const days of [13, 13]) {
      clock.forward(days * DAY);
      await used.refresh();
    }
    await expect(idle.refresh()).rejects.toMatchObject({ code: 'invalid_refresh_token' });
    clock.forward(5 * DAY);
    await expect(used.refresh()).rejects.toMatchObject({ code: 'invalid_refresh_token' });
  });
});
