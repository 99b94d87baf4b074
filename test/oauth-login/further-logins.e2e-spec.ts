import type { LoginFactor } from '@portcullis/auth';
import { decodeJwt } from 'jose';
import { inParallel } from '../support/bursts.js';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { problemIn } from '../support/http.js';
import { type LoginIssuer, startLoginIssuer } from '../support/login-issuer.js';
import { Authenticator } from '../support/mfa-client.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { PASSWORD } from '../support/users.js';
import { clientOf, loginApp, ORIGIN, providerOf } from './login-app.js';
import { SignOnUsers } from './sign-on-users.js';

const SECURE = 'https://parcels.example';

interface Answer {
  readonly next?: string;
  readonly ticket?: string;
  readonly factors?: readonly LoginFactor[];
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly return_to?: string;
}

describeOnPlatforms('logins by another issuer, further on %s', (running) => {
  let idp: LoginIssuer;
  const browserOf = () => new TestBrowser(() => ({ [ORIGIN]: running.url, [SECURE]: running.url }));
  const users = () => running.app.get(SignOnUsers, { strict: false });

  beforeAll(async () => {
    const redirect_uris = [ORIGIN, SECURE].map((origin) => `${origin}/login/idp/callback`);
    idp = await startLoginIssuer({
      clients: [clientOf('idp', { redirect_uris })],
      accounts: { alice: {} },
    });
  });
  afterAll(() => idp.close());
  beforeEach(() => {
    idp.isAway = false;
    idp.refusal = undefined;
  });

  const start = async (parts: Partial<Parameters<typeof loginApp>[0]> = {}, login: object = {}) => {
    const providers = { idp: providerOf(idp, { createUsers: true }) };
    await running.start(loginApp({ login: { providers, ...login }, ...parts }));
    await users().add('from-idp-alice');
  };
  const answerOf = async (browser: TestBrowser, origin = ORIGIN): Promise<[number, Answer]> => {
    const response = await browser.post(`${origin}/login/answer`);
    return [response.status, (await response.json()) as Answer];
  };
  const enrol = async (): Promise<Authenticator> => {
    const browser = browserOf();
    const login = await browser.post(`${ORIGIN}/auth/login`, {
      username: 'from-idp-alice',
      password: PASSWORD,
    });
    const { access_token } = (await login.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    const begun = await browser.post(`${ORIGIN}/auth/factors/totp`, {}, headers);
    const { id, secret } = (await begun.json()) as { id: string; secret: string };
    const app = new Authenticator(id, secret, Date.now);
    await browser.post(`${ORIGIN}/auth/factors/${id}/confirm`, { code: app.code() }, headers);
    return app;
  };

  it('ask for a second factor like any login, and put its ticket into no URL', async () => {
    await start({}, { pages: { secondFactor: '/public?second' } });
    const app = await enrol();
    const browser = browserOf();
    const landed = await browser.visit(`${ORIGIN}/login/idp?return_to=/user`);
    expect(landed.url.href).toBe(`${ORIGIN}/public?second`);
    expect(browser.cookiesOf(ORIGIN)).toEqual({ 'login-answer': expect.stringContaining('SameSite=Strict') });
    const thief = browserOf();
    thief.copyCookies(browser, ORIGIN);
    const [status, { ticket = '', ...answer }] = await answerOf(browser);
    expect([status, answer]).toEqual([
      200,
      {
        next: 'mfa',
        factors: ['totp', 'recovery-codes'].map((kind) => expect.objectContaining({ kind })),
        expires_in: expect.any(Number),
        return_to: '/user',
      },
    ]);
    for (const again of [browser, thief]) expect((await answerOf(again))[0]).toBe(404);
    expect(browser.visited.join()).not.toContain(ticket);
    const proven = await browser.post(`${ORIGIN}/auth/mfa`, { ticket, factor: 'totp', code: app.code(1) });
    const { access_token } = (await proven.json()) as { access_token: string };
    expect(decodeJwt(access_token)).toMatchObject({ acr: 'mfa', amr: ['fed', 'otp', 'mfa'] });
  });

  it('count as two factors where the other issuer is believed to ask for them', async () => {
    idp.amr = ['pwd', 'mfa'];
    for (const [amr, next] of [
      [['mfa'], undefined],
      [['otp'], 'mfa'],
    ] as const) {
      const tokens = { ...ownTokens, trustedLogins: [{ issuer: idp.issuer, amr }] };
      await start({
        portcullis: { ...loginApp({ login: { providers: { idp: providerOf(idp) } } }).portcullis, tokens },
      });
      await enrol();
      const browser = browserOf();
      await browser.visit(`${ORIGIN}/login/idp`);
      const refreshed = await browser.post(`${ORIGIN}/auth/refresh`);
      expect([refreshed.status, (await answerOf(browser))[1].next]).toEqual([next ? 401 : 200, next]);
    }
  });

  it('hand tokens to the page where there is no cookie for them, once', async () => {
    await start({ sessions: { cookie: false } });
    const browser = browserOf();
    await browser.visit(`${ORIGIN}/login/idp?return_to=/public`);
    const [status, answer] = await answerOf(browser);
    expect([status, answer]).toEqual([
      200,
      expect.objectContaining({ access_token: expect.any(String), refresh_token: expect.any(String) }),
    ]);
    expect((await answerOf(browser))[0]).toBe(404);
    const { refresh_token = '' } = answer;
    expect((await browser.post(`${ORIGIN}/auth/refresh`, { refresh_token })).status).toBe(200);
  });

  it('have cookies for this host alone, over TLS', async () => {
    await start({}, { publicUrl: SECURE });
    const begun = await running.fetch('/login/idp', { redirect: 'manual' });
    expect(begun.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-login-idp=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
    expect((await browserOf().visit(`${SECURE}/login/idp?return_to=/public`)).text).toBe('in');
  });

  it('show a page where one has failed, and are counted all the same', async () => {
    await start({}, { pages: { failed: '/public' } });
    idp.refusal = 'access_denied';
    const { url } = await browserOf().visit(`${ORIGIN}/login/idp`);
    expect(url.href).toBe(`${ORIGIN}/public?error=single_sign_on_failed&provider=idp`);
    expect((await running.events.first('request.refused')).at(-1)).toMatchObject({ status: 401 });
  });

  it('tell no more of codes that are guessed at once than the limit allows, on whatever page', async () => {
    const event = ['single_sign_on_failed', 'login_failed', 'mfa_failed'];
    const rule = { id: 'guesses', match: { event }, score: 10, windowSeconds: 3_600 };
    const { portcullis } = loginApp({ login: { providers: { idp: providerOf(idp) } } });
    const bans = { rules: [rule], strikeLimit: 30 };
    await start(
      { portcullis: { ...portcullis, bans, trustedProxies: ['127.0.0.1'] } },
      { pages: { failed: '/public' } },
    );
    const guesses = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const page = await running.fetch('/login/idp', { redirect: 'manual' });
        const state = new URL(page.headers.get('location') ?? '').searchParams.get('state');
        const query = new URLSearchParams({ code: `guess-${index}`, state: `${state}`, iss: idp.issuer });
        const [cookie = ''] = page.headers.getSetCookie();
        return {
          method: 'GET',
          path: `/login/idp/callback?${query}`,
          headers: { cookie: cookie.split(';')[0] ?? '', 'x-forwarded-for': '203.0.113.7' },
        } as const;
      }),
    );
    const statuses = await inParallel(running.url, guesses);
    expect(statuses.sort()).toEqual([...Array(3).fill(303), ...Array(9).fill(403)]);
  });

  it.each(['GET', 'POST'] as const)(
    'have the other issuer asked so often at most by one address: %s',
    async (method) => {
      await start();
      const answers = Array(125).fill({
        method,
        path: '/login/idp/callback?code=made-up&state=x',
        headers: {},
      });
      const statuses = await inParallel(running.url, answers);
      expect(statuses.sort()).toEqual([...Array(120).fill(400), ...Array(5).fill(429)]);
    },
  );

  it('wait for an issuer that is away when the app boots, and go on', async () => {
    idp.isAway = true;
    await start();
    const response = await running.fetch('/login/idp', { redirect: 'manual' });
    expect([response.status, (await problemIn(response)).code]).toEqual([503, 'temporarily_unavailable']);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await running.statusOf('/public')).toBe(200);
    idp.isAway = false;
    await eventually(async () => (await running.fetch('/login/idp', { redirect: 'manual' })).status === 302);
  });

  it('know a cookie of one app, or of one instance with other keys, from their own', async () => {
    const keyEncryptionKeys = [Buffer.alloc(32, 1).toString('base64')];
    const { portcullis } = loginApp({ login: { providers: { idp: providerOf(idp) } } });
    const appAt = (url: string, keys = keyEncryptionKeys) =>
      start(
        {
          portcullis: { ...portcullis, tokens: { audience: 'x', issuer: { url, keyEncryptionKeys: keys } } },
        },
        { publicUrl: ORIGIN },
      );
    for (const [url, keys, status] of [
      [ORIGIN, keyEncryptionKeys, 200],
      ['http://localhost:3001', keyEncryptionKeys, 400],
      [ORIGIN, [Buffer.alloc(32, 2).toString('base64')], 400],
    ] as const) {
      await appAt(ORIGIN);
      const browser = browserOf();
      const begun = await running.fetch('/login/idp?return_to=/public', { redirect: 'manual' });
      for (const cookie of begun.headers.getSetCookie()) browser.keep(ORIGIN, cookie);
      await appAt(url, [...keys]);
      const answer = await browser.redirectFrom(begun.headers.get('location') ?? '', ORIGIN);
      expect((await browser.visit(answer.href, idp.issuer)).status).toBe(status);
    }
  });
});
