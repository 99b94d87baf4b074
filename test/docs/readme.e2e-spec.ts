import type { INestApplication } from '@nestjs/common';
import { ApiKeyService, RevocationService, SecurityEvents } from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { blocksOf, importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'README.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { LoginController } = await load('login.controller.ts');
const { PartnersService } = await load('partners.service.ts');
const blocks = await blocksOf(PAGE);

afterAll(laidOut.remove);

// The README's example of a test: importing it registers it here.
await load('parcels.e2e-spec.ts');

describe.each(platforms)('the code of the README on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let credentials: TestCredentials;

  beforeEach(async () => {
    ({ app, url } = await boot(platform, {
      imports: [AppModule],
      controllers: [LoginController],
      providers: [PartnersService],
    }));
    credentials = new TestCredentials(app);
  });

  afterEach(() => app.close());

  const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${url}${path}`, { method, headers });

  it('opens and closes the routes of the first example', async () => {
    const driver = await credentials.user({ subject: 'ada', scopes: ['parcels:read', 'parcels:deliver'] });
    const depot = await credentials.app({ appId: 'north', scopes: ['handovers:write'] });

    expect(await (await call('/parcels/track/7')).json()).toEqual({ code: '7', state: 'on its way' });
    expect((await call('/parcels')).status).toBe(401);
    expect(await (await call('/parcels', driver)).json()).toEqual({ parcelsOf: 'ada' });
    const handover = await call('/parcels/7/handover', { ...driver, ...depot }, 'POST');
    expect(await handover.json()).toEqual({ id: '7', depot: 'north', driver: 'ada' });
    expect((await call('/parcels/7/handover', driver, 'POST')).status).toBe(401);
  });

  it('decides as the comments of the depot example say', async () => {
    const reader = await credentials.app({ name: 'North', scopes: ['depots:read'] });
    const scanner = await credentials.app({ scopes: ['depots:read', 'scans:write'] });
    const reporter = await credentials.user({ scopes: ['reports:read'] });

    expect((await call('/depots', reader)).status).toBe(200);
    expect((await call('/depots/scans', reader, 'POST')).status).toBe(403);
    expect((await call('/depots/scans', scanner, 'POST')).status).toBe(201);
    expect((await call('/depots/report', reporter)).status).toBe(200);
    expect((await call('/depots/report', reader)).status).toBe(403);
    expect(await (await call('/depots/opening-hours')).json()).toEqual({ hours: '6-22', knownAs: null });
    expect(await (await call('/depots/opening-hours', reader)).json()).toEqual({
      hours: '6-22',
      knownAs: 'North',
    });
    expect((await call('/depots/opening-hours', { 'X-API-Key': 'wrong' })).status).toBe(401);
  });

  it('logs in with a token, and locks out', async () => {
    const login = await call('/auth/login', {}, 'POST');
    const { access_token: token } = (await login.json()) as { access_token: string };
    const bearer = { Authorization: `Bearer ${token}` };
    expect((await call('/parcels', bearer)).status).toBe(200);

    await app.get(LoginController).lockOut('ada');
    expect((await call('/parcels', bearer)).status).toBe(401);
  });

  it('welcomes a partner with a key, and says farewell', async () => {
    const { key, id } = await app.get(PartnersService).welcome('acme');
    expect(key).toMatch(new RegExp(`^parcel_live_${id}_\\w+$`));
    expect((await call('/depots/opening-hours', { 'X-API-Key': key })).status).toBe(200);
    const { key: nextKey } = await app.get(PartnersService).renew(id);

    expect(await app.get(PartnersService).farewell('acme')).toBe(2);
    for (const ended of [key, nextKey])
      expect((await call('/depots/opening-hours', { 'X-API-Key': ended })).status).toBe(401);
  });

  it('answers a refusal as shown', async () => {
    const shown = JSON.parse(blocks.find(({ language }) => language === 'json')?.text ?? '');
    const answer = await call('/parcels', await credentials.user());
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toEqual({ ...shown, requestId: expect.any(String) });
  });

  it('lets the services be injected that it names', () => {
    for (const service of [ApiKeyService, RevocationService, SecurityEvents])
      expect(app.get(service)).toBeDefined();
  });
});
