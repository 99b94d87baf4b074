import { Controller, type DynamicModule, Post } from '@nestjs/common';
import {
  BanService,
  type MfaRequirement,
  memory,
  PortcullisAdminModule,
  PortcullisConsentsModule,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
  Public,
  TokenIssuer,
} from '@portcullis/auth';
import { PortcullisLoginModule } from '@portcullis/oauth/login';
import { decodeJwt } from 'jose';
import { passkeyApp } from '../passkeys/passkey-app.js';
import { routesOf } from '../support/app-routes.js';
import { LineKeeper } from '../support/line-keeper.js';
import type { Ticket, Tokens } from '../support/mfa-client.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, Users } from '../support/users.js';

/** Where a store is asked only after what nobody has by heart: a signature of a passkey, the answer of another issuer. */
const ASK_OTHERS_FIRST = [
  ...['POST /auth/passkeys', 'POST /auth/passkey-login', 'POST /auth/passkey-login/options'],
  ...['GET /login/:provider', 'GET /login/:provider/callback', 'POST /login/:provider/callback'],
  ...['POST /login/answer', 'POST /login/:provider/backchannel-logout', 'POST /login/:provider/logout'],
];
const SCOPES = ['keys', 'bans', 'tokens', 'sessions', 'factors', 'clients'].map((what) => `${what}:admin`);

@Public()
@Controller('own')
class OwnController {
  constructor(private readonly bans: BanService) {}

  @Post('bans')
  ban() {
    return this.bans.ban('203.0.113.9', { reason: 'a route of the app' });
  }
}

describeOnPlatforms('stores that fail on %s', (running) => {
  const database = { isDown: false };
  const logger = new LineKeeper();
  let own: Tokens;
  let bob: Ticket;
  let admin: { authorization: string };

  /** A store that throws what its driver throws, at once or later. */
  const failing = (store: object) =>
    new Proxy(store, {
      get: (_, name) => {
        const member: unknown = Reflect.get(store, name);
        if (typeof member !== 'function') return member;
        return (...parameters: unknown[]) => {
          if (!database.isDown) return member.apply(store, parameters);
          const error = Object.assign(new Error('refused by db.internal'), { code: 'ECONNREFUSED' });
          if (parameters.length > 1) throw error;
          return Promise.reject(error);
        };
      },
    });

  const login = async <Answer>(username: string): Promise<Answer> => {
    const response = await running.send('POST', '/auth/login', {}, { username, password: PASSWORD });
    return (await response.json()) as Answer;
  };

  beforeAll(async () => {
    const required = ({ subject }: { subject: string }): MfaRequirement =>
      subject === 'bob' ? 'always' : 'never';
    const { portcullis, imports = [], controllers = [] } = passkeyApp({ portcullis: { mfa: { required } } });
    const sessions = imports.find((each) => 'module' in each && each.module === PortcullisSessionsModule);
    const partner = { issuer: 'https://partner.example', clientId: 'us', clientSecret: 'x'.repeat(32) };
    const { close, replays, ...kept } = memory().open({ name: undefined });
    const stores = Object.entries(kept).map(([name, store]) => [name, failing(store as object)]);
    await running.start({
      portcullis: { ...portcullis, stores: Object.fromEntries(stores) },
      imports: [
        ...imports,
        PortcullisAdminModule.register(),
        PortcullisPersonalTokensModule.register(),
        PortcullisConsentsModule.register(),
        PortcullisLoginModule.register({ sessions: sessions as DynamicModule, providers: { partner } }),
      ],
      controllers: [...controllers, OwnController],
      logger,
    });
    for (const name of ['ada', 'bob']) await running.app.get(Users, { strict: false }).add(name);
    own = await login('ada');
    bob = await login('bob');
    const { sid, amr } = decodeJwt<{ sid: string; amr: string[] }>(own.access_token);
    const { accessToken } = await running.app.get(TokenIssuer).issue({
      ...{ subject: 'ada', clientId: 'web', sessionId: sid, scopes: [...SCOPES, 'audit:read'] },
      authentication: { methods: [...amr, 'mfa'] },
    });
    admin = { authorization: `Bearer ${accessToken}` };
    database.isDown = true;
  });

  /** What some routes need to be understood. */
  const bodies = (): Readonly<Record<string, object>> => {
    const key = { name: 'north', scopes: [] };
    const who = { reason: 'a test' };
    return {
      'POST /auth/login': { username: 'ada', password: PASSWORD },
      'POST /auth/refresh': { refresh_token: own.refresh_token },
      'POST /auth/mfa': { ticket: bob.ticket, factor: 'totp', code: '123456' },
      'POST /auth/step-up': { factor: 'totp', code: '123456' },
      'POST /auth/factors/:id/confirm': { code: '123456' },
      'POST /admin/api-keys': { appId: 'depot', ...key },
      'POST /admin/api-keys/:id/rotate': { overlapSeconds: 0 },
      'POST /admin/bans': { network: '203.0.113.7', ...who },
      'POST /admin/bans/import': { list: '203.0.113.8', ...who },
      'POST /admin/revocations': { tokenId: 't1', issuer: 'https://other.example', ...who },
      'POST /admin/clients': { name: 'One', kind: 'machine', scopes: [] },
      'POST /admin/clients/:id/rotate': { overlapSeconds: 0 },
      'PATCH /admin/clients/:id': { name: 'Other' },
      'POST /personal-tokens': key,
    };
  };
  const QUERIES: Readonly<Record<string, string>> = {
    'DELETE /auth/sessions': '?others=true',
    'DELETE /auth/consents': '?clientId=one',
    'DELETE /admin/api-keys': '?appId=depot',
    'GET /admin/bans/why': '?target=203.0.113.7',
    'GET /admin/bans/export': '?format=plain',
    'DELETE /admin/bans': '?all=true',
    'GET /admin/sessions': '?subject=ada',
    'DELETE /admin/sessions': '?subject=ada',
    'GET /admin/factors': '?subject=ada',
  };

  it('are 503 by every route that needs one, and what is behind them is nobody else’s to know', async () => {
    const routes = routesOf(running.app, [PlainRoutesController]).filter(
      (route) => !ASK_OTHERS_FIRST.includes(route),
    );
    expect(routes).toEqual(expect.arrayContaining([...Object.keys(bodies()), ...Object.keys(QUERIES)]));
    const answers: string[] = [];
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      const url = path.replace(/:provider/, 'partner').replace(/:id/, own.session_id);
      const body = method === 'GET' ? undefined : (bodies()[route] ?? {});
      const response = await running.send(method, url + (QUERIES[route] ?? ''), admin, body);
      const text = await response.text();
      expect(text).not.toMatch(/db\.internal|stores|ECONNREFUSED/);
      answers.push(`${route}: ${response.status} ${response.headers.get('retry-after')} ${text}`);
    }
    const unavailable = expect.stringMatching(/: 503 1 .*temporarily_unavailable/);
    expect(answers).toEqual(routes.map(() => unavailable));
  });

  it('are told to the operator, once for each request, and once in the log', () => {
    const refused = running.events
      .of('request.refused')
      .filter(({ request }) => request.path === '/own/bans');
    expect(refused).toMatchObject([{ reason: 'stores.bans: Error: refused by db.internal' }]);
    const lines = logger.lines.filter((line) => line.startsWith('Requests are answered 503: stores.'));
    expect(lines).toEqual([expect.stringContaining('refused by db.internal')]);
  });
});
