import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import {
  ApiKeyService,
  MemoryAuditStore,
  PortcullisModule,
  type PortcullisOptions,
  RevocationService,
  SecurityEvents,
  TokenIssuer,
} from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { EventRecorder } from './support/events.js';
import { boot, platforms } from './support/platforms.js';
import { layOut, readmeBlocks, repository } from './support/readme.js';

const blocks = await readmeBlocks();
const { folder, remove } = await layOut(blocks);
const { AppModule } = await import(join(folder, 'app.module.ts'));
const { LoginController } = await import(join(folder, 'login.controller.ts'));
const { PartnersService } = await import(join(folder, 'partners.service.ts'));
const { FraudController } = await import(join(folder, 'fraud.controller.ts'));
const { DecoysController } = await import(join(folder, 'decoys.controller.ts'));
const { AlarmService } = await import(join(folder, 'alarm.service.ts'));
const { KeyHistory } = await import(join(folder, 'key-history.service.ts'));
const issuers = await import(join(folder, 'issuers.ts'));
const { bans } = await import(join(folder, 'bans.ts'));
const { PartnerProtection } = await import(join(folder, 'partner-protection.ts'));
const legacyKeys = await import(join(folder, 'legacy-keys.ts'));
const { HealthController } = await import(join(folder, 'health.controller.ts'));

afterAll(remove);

// The README's example of a test: importing it registers it here.
await import(join(folder, 'parcels.e2e-spec.ts'));

it('compiles, all of it, under the strictest settings', async () => {
  const tsc = join(repository, 'node_modules/typescript/bin/tsc');
  const said = ({ stdout }: { stdout: string }) => stdout;
  expect(await promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(said, said)).toBe('');
}, 60_000);

it('shows no code that is not tried here', () => {
  const files = blocks
    .filter(({ language }) => language === 'ts')
    .map(({ text }) => text.slice(3, text.indexOf('\n')));
  expect(files).toEqual([
    'parcels.controller.ts',
    'app.module.ts',
    'depot.controller.ts',
    'login.controller.ts',
    'issuers.ts',
    'fraud.controller.ts',
    'partners.service.ts',
    'legacy-keys.ts',
    'bans.ts',
    'decoys.controller.ts',
    'partner-protection.ts',
    'storage.ts',
    'shared.ts',
    'health.controller.ts',
    'alarm.service.ts',
    'key-history.service.ts',
    'parcels.e2e-spec.ts',
  ]);
  expect(blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)).toEqual([
    'npm ci && npm start\n',
    'npm ci && npm test\n',
    // Run by test/sample/key-commands.e2e-spec.ts.
    expect.stringContaining('/admin/api-keys'),
    // Run by test/cli/ban-commands.e2e-spec.ts.
    expect.stringContaining('portcullis bans list'),
  ]);
});

describe.each(platforms)('the code of the README on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let credentials: TestCredentials;

  beforeEach(async () => {
    ({ app, url } = await boot(platform, {
      imports: [AppModule],
      controllers: [LoginController, FraudController, DecoysController],
      providers: [PartnersService, AlarmService],
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

  it('demands claims as the comments of the fraud example say', async () => {
    const tokenWith = async (claims: Record<string, unknown>) => {
      const user = { subject: 'ada', clientId: 'web', scopes: ['cases:read'], claims };
      const { accessToken } = await app.get(TokenIssuer).issue(user);
      return { Authorization: `Bearer ${accessToken}` };
    };
    const investigator = await tokenWith({ department: ['claims', 'fraud'], clearance: 2 });
    const chief = await tokenWith({ department: 'fraud', clearance: 3 });
    const stranger = await tokenWith({ department: 'sales', clearance: 5 });
    const statuses = async (path: string) =>
      Promise.all([investigator, chief, stranger].map(async (who) => (await call(path, who)).status));
    expect(await statuses('/cases')).toEqual([200, 200, 403]);
    expect(await statuses('/cases/sealed')).toEqual([403, 200, 403]);
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

  it('bans as its rules say, by the names that a handler gives, and not whom somebody protects', async () => {
    const guarded = await boot(platform, {
      imports: [PortcullisModule.forRoot({ bans, trustedProxies: ['127.0.0.1'] })],
      controllers: [DecoysController],
      providers: [PartnerProtection],
    });
    const events = new EventRecorder(guarded.app);
    const send = (path: string, from: string, method = 'GET') =>
      fetch(guarded.url + path, { method, headers: { 'x-forwarded-for': from } });
    for (let index = 0; index < 10; index++)
      expect((await send('/old-login', '203.0.113.7', 'POST')).status).toBe(401);
    await events.first('address.banned');
    expect((await send('/avatars/x', '203.0.113.7')).status).toBe(403);
    expect((await send('/wp-login.php', '192.0.2.1')).status).toBe(200);
    expect((await send('/avatars/x', '192.0.2.1')).status).toBe(200);
    expect((await send('/wp-login.php', '198.51.100.1')).status).toBe(200);
    expect((await send('/avatars/x', '198.51.100.1')).status).toBe(200);
    expect(events.of('ban.vetoed')).toHaveLength(1);
    expect(events.of('address.banned').map(({ ban }) => ban.rule)).toEqual(['credential-stuffing']);
    await guarded.app.close();
  });

  it('bans whoever touches the decoy, and raises the alarm', async () => {
    const scanner = { 'X-Forwarded-For': '203.0.113.7' };
    expect((await call('/avatars/nobody', scanner)).status).toBe(200);
    expect((await call('/wp-login.php', scanner)).status).toBe(200);
    expect((await call('/parcels/track/7', scanner)).status).toBe(403);
    expect((await call('/parcels/track/7')).status).toBe(200);
    expect(app.get(AlarmService).alarms).toEqual([expect.stringMatching(/^203\.0\.113\.7\/32: .*honeypot/)]);
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

it('shows options for other issuers that the module accepts', async () => {
  const { app } = await boot('express', { imports: [PortcullisModule.forRoot(issuers)] });
  await app.close();
});

it('shows stores that outlive the app, and a change feed', async () => {
  const { storage, closeStorage } = await import(join(folder, 'storage.ts'));
  const { shared } = await import(join(folder, 'shared.ts'));
  // What it is given is checked at boot; nothing is opened before it is asked for.
  const portcullis = (options: PortcullisOptions) =>
    Test.createTestingModule({ imports: [PortcullisModule.forRoot(options)] }).compile();
  for (const options of [storage, shared]) await (await portcullis(options)).close();
  await closeStorage();
});

it('shows the history of a key, where an audit log is kept', async () => {
  const histories = [{ audit: new MemoryAuditStore() }, {}].map(async (stores) => {
    const { app } = await boot('express', {
      imports: [PortcullisModule.forRoot({ stores })],
      providers: [KeyHistory],
    });
    const keys = app.get(ApiKeyService);
    const { id } = await keys.create({ appId: 'shop', name: 'Shop', scopes: [], actor: 'root' });
    await keys.revoke(id, { actor: 'ann', address: '192.0.2.1' });
    const history: unknown = await app.get(KeyHistory).of(id);
    await app.close();
    return history;
  });
  expect(await Promise.all(histories)).toEqual([
    [
      { type: 'api-key.revoked', actor: 'ann', address: '192.0.2.1' },
      { type: 'api-key.created', actor: 'root', address: null },
    ],
    [],
  ]);
});

it.each(platforms)('shows a load balancer on %s whether to send requests', async (platform) => {
  const { app, url } = await boot(platform, {
    imports: [PortcullisModule.forRoot({}), TerminusModule],
    controllers: [HealthController],
  });
  const answer = await fetch(`${url}/health/ready`);
  expect([answer.status, await answer.json()]).toMatchObject([200, { status: 'ok' }]);
  await app.close();
});

it('shows options for older keys that the module accepts', async () => {
  const { app } = await boot('express', { imports: [PortcullisModule.forRoot(legacyKeys)] });
  await app.close();
});
