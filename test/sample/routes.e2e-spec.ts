import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { BanService } from '@portcullis/auth';
import { TestCredentials } from '@portcullis/testing';
import { createApp } from '../../apps/sample/src/app.js';
import { readConfig } from '../../apps/sample/src/config.js';
import { type Demo, prepareDemo } from '../../apps/sample/src/demo/prepare-demo.js';
import { beginMinute } from '../support/clock.js';
import { platforms } from '../support/platforms.js';

type Headers = Record<string, string>;

/** The sample's routes, and what each demands of whom. */
const PROTECTED = [
  { route: 'GET /parcels', user: 'parcels:read' },
  {
    route: 'POST /parcels',
    user: 'parcels:write',
    body: { recipient: 'A', destination: 'B', weightGrams: 1 },
  },
  { route: 'POST /parcels/1/scans', app: 'scans:write', body: { place: 'gate 3' } },
  { route: 'POST /parcels/2/handover', app: 'handovers:write', user: 'parcels:deliver' },
  { route: 'GET /reports/volume', either: 'reports:read' },
  { route: 'GET /admin/api-keys', user: 'keys:admin' },
  {
    route: 'POST /admin/api-keys',
    user: 'keys:admin',
    body: { appId: 'a', name: 'n', scopes: [], lifetimeSeconds: 'never' },
  },
  { route: 'DELETE /admin/api-keys/unknown', user: 'keys:admin', status: 404, isDangerous: true },
  { route: 'GET /admin/bans', user: 'bans:admin' },
  { route: 'POST /admin/bans', user: 'bans:admin', body: { network: '192.0.2.0/24', reason: 'test' } },
  { route: 'DELETE /admin/bans/unknown', user: 'bans:admin', status: 404, isDangerous: true },
  { route: 'GET /admin/sessions?subject=ada', user: 'sessions:admin' },
  { route: 'GET /admin/factors?subject=ada', user: 'factors:admin' },
  { route: 'DELETE /admin/factors/unknown', user: 'factors:admin', status: 404, isDangerous: true },
  { route: 'GET /admin/clients', user: 'clients:admin' },
  { route: 'DELETE /admin/clients/unknown', user: 'clients:admin', status: 404, isDangerous: true },
  { route: 'GET /admin/audit', user: 'audit:read' },
  { route: 'DELETE /admin/bans?all=true', user: 'bans:admin', isDangerous: true },
  { route: 'DELETE /admin/api-keys?appId=unknown', user: 'keys:admin', isDangerous: true },
  {
    route: 'POST /admin/revocations',
    user: 'tokens:admin',
    body: { tokenId: 'x', reason: 'test' },
    isDangerous: true,
  },
] as const satisfies readonly {
  route: string;
  user?: string;
  app?: string;
  either?: string;
  body?: object;
  status?: number;
  isDangerous?: boolean;
}[];

describe.each(platforms)('the sample on %s', (adapter) => {
  let folder: string;
  let app: INestApplication;
  let demo: Demo;
  let url: string;
  let credentials: TestCredentials;

  beforeAll(async () => {
    beginMinute();
    folder = await mkdtemp(join(tmpdir(), 'portcullis-sample-'));
    app = await createApp(readConfig({ ADAPTER: adapter, PORT: '0', LOG_LEVEL: 'fatal', DATA: folder }));
    demo = await prepareDemo(app);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    credentials = new TestCredentials(app);
  });

  afterAll(async () => {
    await app.close();
    await rm(folder, { recursive: true });
  });

  const call = (route: string, headers: Headers = {}, body?: object) => {
    const [method = '', path = ''] = route.split(' ');
    const json: Headers = body ? { 'content-type': 'application/json' } : {};
    return fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...json },
      ...(body && { body: JSON.stringify(body) }),
    });
  };
  const logIn = (username: string, password: string) => call('POST /auth/login', {}, { username, password });

  afterEach(async () => {
    const bans = app.get(BanService, { strict: false });
    await bans.clear();
  });

  describe.each(PROTECTED)('$route', ({ route, ...demand }) => {
    const {
      user,
      app: byApp,
      either,
      body,
      status,
      isDangerous,
    } = {
      ...{ user: undefined, app: undefined, either: undefined, body: undefined, status: undefined },
      isDangerous: false,
      ...demand,
    };
    const proven = async (
      grant: (scope: string) => string,
      login: object = isDangerous ? { acr: 'mfa' } : {},
    ): Promise<Headers> => ({
      ...((user ?? either) &&
        (await credentials.user({ ...login, scopes: [grant((user ?? either) as string)] }))),
      ...(byApp && (await credentials.app({ scopes: [grant(byApp)] }))),
    });

    it('is closed to anonymous callers', async () => {
      const answer = await call(route, {}, body);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^(Bearer|ApiKey) realm="api"/);
    });

    it('opens to whom it is meant for', async () => {
      const answer = await call(route, await proven((scope) => scope), body);
      expect(answer.status).toBe(status ?? (route.startsWith('POST') ? 201 : 200));
    });

    it('asks for a second factor, a short while ago, where something ends', async () => {
      const anHourAgo = Math.floor(Date.now() / 1000) - 3_600;
      for (const login of [{}, { amr: ['pwd'] }, { acr: 'mfa', authTime: anHourAgo }]) {
        const answer = await call(route, await proven((scope) => scope, login), body);
        expect(answer.status === 401).toBe(isDangerous);
      }
    });

    it('names the scope that is missing', async () => {
      const answer = await call(route, await proven(() => 'other:scope'), body);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({
        code: 'insufficient_scope',
        scope: byApp ?? user ?? either,
      });
    });
  });

  it('lets an app read the report as well as a user', async () => {
    expect(
      (await call('GET /reports/volume', await credentials.app({ scopes: ['reports:read'] }))).status,
    ).toBe(200);
  });

  it('asks for both, app and user, at a handover', async () => {
    const user = await credentials.user({ scopes: ['parcels:deliver'] });
    const depot = await credentials.app({ scopes: ['handovers:write'] });
    expect((await call('POST /parcels/1/handover', user)).status).toBe(401);
    expect((await call('POST /parcels/1/handover', depot)).status).toBe(401);
  });

  it('lets everyone see health and a parcel by its code', async () => {
    expect((await call('GET /health')).status).toBe(200);
    expect((await call(`GET /track/${demo.trackingCode}`)).status).toBe(200);
    expect((await call('HEAD /health')).status).toBe(200);
    const ready = await call('GET /health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ok', details: { portcullis: { status: 'up' } } });
  });

  it('logs a demo user in, with the names of RFC 6749', async () => {
    const answer = await logIn('dispatcher', demo.dispatcher.password);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const token = (await answer.json()) as { access_token: string; refresh_token: string };
    expect(token).toEqual({
      ...{ access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
      ...{ refresh_token: expect.stringMatching(/^parcel_rt_/), session_id: expect.any(String) },
    });
    const authorization = `Bearer ${token.access_token}`;
    expect((await call('GET /parcels', { authorization })).status).toBe(200);
    const { refresh_token } = token;
    expect((await call('POST /auth/refresh', {}, { refresh_token })).status).toBe(200);
    expect((await call('POST /auth/logout', { authorization }, {})).status).toBe(204);
    expect((await call('GET /parcels', { authorization })).status).toBe(401);
  });

  it('refuses bodies that its pipes could not walk, and ones that are no JSON, without repeating them', async () => {
    const admin = await credentials.user({ scopes: ['keys:admin', 'parcels:write'] });
    const lists = '['.repeat(2_000) + ']'.repeat(2_000);
    const bodies = [lists, `{"username":${lists}}`, `[${Array(30_000).fill('{}')}]`, '{"password":"hunter2"'];
    for (const route of ['/auth/login', '/admin/api-keys', '/parcels']) {
      for (const body of bodies) {
        const headers = { ...admin, 'content-type': 'application/json' };
        const answer = await fetch(url + route, { method: 'POST', headers, body });
        expect(answer.status).toBe(400);
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        const text = await answer.text();
        expect(JSON.parse(text)).toMatchObject({ code: 'malformed_request' });
        expect(text).not.toContain('hunter2');
      }
    }
  });

  it('answers a wrong password and an unknown user alike', async () => {
    const wrong = await logIn('dispatcher', 'guess');
    const unknown = await logIn('nobody', 'guess');
    expect([wrong.status, unknown.status]).toEqual([401, 401]);
    expect(await wrong.text()).toBe(await unknown.text());
  });

  it('bans whoever guesses passwords', async () => {
    beginMinute();
    // The other tests have made this an address that many people share: it bears five times as much.
    for (let guess = 0; guess < 50; guess++) await logIn('dispatcher', `guess ${guess}`);
    const answer = await logIn('dispatcher', demo.dispatcher.password);
    expect(answer.status).toBe(403);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(500);
  });

  it('bans whoever touches the decoy', async () => {
    expect((await call('GET /wp-login.php')).status).toBe(200);
    expect((await call('GET /health')).status).toBe(403);
  });

  it('answers malformed JSON with 400', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${url}/auth/login`, { method: 'POST', headers, body: '{' })).status).toBe(400);
  });
});
