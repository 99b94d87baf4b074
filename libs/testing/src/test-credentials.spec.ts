import { Controller, Get, type INestApplication, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  type AppIdentity,
  CurrentApp,
  CurrentUser,
  PortcullisModule,
  type PortcullisOptions,
  RequireApp,
  RequireUser,
  type UserIdentity,
} from '@portcullis/auth';
import request from 'supertest';
import { TestCredentials } from './index.js';

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
}

const TOKENS = { audience: 'parcels', issuer: { url: 'http://localhost:3000', lifetimeSeconds: 60 } };

let app: INestApplication;
async function boot(options: PortcullisOptions): Promise<INestApplication> {
  const imports = [PortcullisModule.forRoot({ events: { log: false }, ...options })];
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
  });
});
