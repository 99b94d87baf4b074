import type { DynamicModule } from '@nestjs/common';
import {
  PortcullisConsentsModule,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
  RevocationService,
  SessionService,
  TokenIssuer,
} from '@portcullis/auth';
import { PortcullisLoginModule } from '@portcullis/oauth/login';
import { decodeJwt } from 'jose';
import { passkeyApp } from '../passkeys/passkey-app.js';
import { routesOf } from '../support/app-routes.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, Users } from '../support/users.js';

/** Where nobody is asked who they are: what counts there is what is sent along. */
const OPEN_ROUTES = [
  ...['POST /auth/login', 'POST /auth/refresh', 'POST /auth/logout', 'POST /auth/mfa'],
  ...['POST /auth/passkey-login', 'POST /auth/passkey-login/options'],
  ...['GET /login/:provider', 'GET /login/:provider/callback', 'POST /login/:provider/callback'],
  ...['POST /login/answer', 'POST /login/:provider/backchannel-logout', 'POST /login/:provider/logout'],
];

/** What some of the others need to be understood. */
const BODIES: Readonly<Record<string, object>> = {
  'POST /auth/factors/:id/confirm': { code: '123456' },
  'POST /auth/step-up': { factor: 'any', code: '123456' },
  'POST /auth/passkeys': { passkey: {} },
  'POST /personal-tokens': { name: 'one', scopes: [] },
};

const QUERIES: Readonly<Record<string, string>> = {
  'DELETE /auth/sessions': '?others=true',
  'DELETE /auth/consents': '?clientId=one',
};

describeOnPlatforms('a token that a user has given to an application on %s', (running) => {
  let own: { access_token: string; session_id: string };
  let delegated: { authorization: string };

  beforeAll(async () => {
    const app = passkeyApp();
    const { imports = [] } = app;
    const sessions = imports.find((each) => 'module' in each && each.module === PortcullisSessionsModule);
    const partner = { issuer: 'https://partner.example', clientId: 'us', clientSecret: 'x'.repeat(32) };
    await running.start({
      ...app,
      imports: [
        ...imports,
        PortcullisPersonalTokensModule.register(),
        PortcullisConsentsModule.register(),
        PortcullisLoginModule.register({ sessions: sessions as DynamicModule, providers: { partner } }),
      ],
    });
    await running.app.get(Users, { strict: false }).add('ada');
    const response = await running.send('POST', '/auth/login', {}, { username: 'ada', password: PASSWORD });
    own = (await response.json()) as typeof own;
    const { sid, acr, amr } = decodeJwt<{ sid: string; acr: string; amr: string[] }>(own.access_token);
    const { accessToken } = await running.app.get(TokenIssuer).issue({
      subject: 'ada',
      clientId: 'a client',
      sessionId: sid,
      grantId: 'a grant',
      scopes: ['parcels:read'],
      authentication: { methods: amr, ...(acr !== undefined && { context: acr }) },
    });
    delegated = { authorization: `Bearer ${accessToken}` };
  });

  it('opens what its scopes say', async () => {
    expect(await running.statusOf('/user', delegated)).toBe(200);
  });

  it('opens no route that is about its user alone, whichever there are', async () => {
    const routes = routesOf(running.app, [PlainRoutesController]);
    expect(routes).toEqual(expect.arrayContaining([...OPEN_ROUTES, ...Object.keys(BODIES)]));
    const others = routes.filter((route) => !OPEN_ROUTES.includes(route));
    expect(others).toContain('POST /auth/links/:provider');
    for (const route of others) {
      const [method = '', path = ''] = route.split(' ');
      const ids: Record<string, string> = { provider: 'partner', id: own.session_id, clientId: 'a client' };
      const url = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
      const query = QUERIES[route] ?? '';
      const body = method === 'GET' ? undefined : (BODIES[route] ?? {});
      const response = await running.send(method, url + query, delegated, body);
      const { code } = (await response.json()) as { code: string };
      expect([route, response.status, code]).toEqual([route, 403, 'access_token_required']);
    }
  });

  it('ends no login of its user', async () => {
    for (const everywhere of [false, true]) {
      const response = await running.send('POST', '/auth/logout', delegated, { everywhere });
      expect(response.status).toBe(401);
    }
    const { sessions } = await running.app.get(SessionService).list({ subject: 'ada' });
    expect(sessions.map(({ id }) => id)).toEqual([own.session_id]);
  });

  it('is revoked by what was granted, and nothing else is', async () => {
    const revocations = running.app.get(RevocationService);
    await revocations.revokeSession('another grant', { reason: 'a test', isOver: true });
    expect(await running.statusOf('/user', delegated)).toBe(200);
    await revocations.revokeSession('a grant', { reason: 'a test', isOver: true });
    expect(await running.statusOf('/user', delegated)).toBe(401);
    expect(await running.statusOf('/user', { authorization: `Bearer ${own.access_token}` })).toBe(200);
  });
});
