import { once } from 'node:events';
import { createServer } from 'node:http';
import { jest } from '@jest/globals';
import { KeyRing, MemoryOAuthArtifactStore, MemorySessionStore, SessionService } from '@portcullis/auth';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { eventually } from '../support/eventually.js';
import { boot } from '../support/platforms.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { API, CALLBACK, CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

/** What an app may have in front of its routes, none of which the server is to notice. */
const prepare = (app: { setGlobalPrefix(prefix: string): unknown; enableCors(options: object): unknown }) => {
  app.setGlobalPrefix('api');
  app.enableCors({ origin: 'https://front.example' });
};

describeOnPlatforms('an authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  const logoutTokens: string[] = [];
  /** How the partner lets the server wait for its answer. */
  const answers: (() => void)[] = [];
  const partner = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    logoutTokens.push(new URLSearchParams(body).get('logout_token') as string);
    answers.push(() => response.end());
  }).listen(0, '127.0.0.1');
  beforeAll(async () => {
    // Jest hides from the provider what it guards its own requests with, of which it tells the console.
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    if (!partner.listening) await once(partner, 'listening');
    const { port } = partner.address() as { port: number };
    await server.start({
      server: {
        clients: [
          ...CLIENTS,
          {
            clientId: 'partner',
            name: 'A Partner',
            kind: 'web',
            redirectUris: [CALLBACK],
            postLogoutRedirectUris: ['https://client.example/bye'],
            backchannelLogoutUri: `http://127.0.0.1:${port}/logout`,
            scopes: ['parcels:*'],
            secrets: [SECRET],
          },
        ],
        claimsOf: ({ subject }) => ({
          name: `The ${subject}`,
          email: `${subject}@parcels.example`,
          email_verified: true,
        }),
        texts: { en: { logoutTitle: 'Log out <here>' } },
      },
    });
  });
  afterAll(() => {
    jest.restoreAllMocks();
    partner.close();
  });

  it('signs with the keys of the ring, which change while it runs', async () => {
    const config = await server.discover('pages');
    const before = await (await server.authorize(config)).redeem();
    await running.app.get(KeyRing).replace();
    expect((await server.me(before.access_token)).status).toBe(401);
    const later = await server.discover('pages');
    const after = await (await server.authorize(later)).redeem();
    const [kid] = [after.access_token, after.id_token as string].map(
      (token) => decodeProtectedHeader(token).kid,
    );
    expect(kid).not.toBe(decodeProtectedHeader(before.access_token).kid);
    expect(decodeProtectedHeader(after.id_token as string).kid).toBe(kid);
    expect((await server.me(after.access_token)).status).toBe(200);
  });

  it('says of a user what the app says', async () => {
    const config = await server.discover('pages');
    const { redeem } = await server.authorize(config, { scope: 'openid profile email' });
    const { access_token, claims } = await redeem();
    expect(claims()).toMatchObject({ sub: 'ada', name: 'The ada', email: 'ada@parcels.example' });
    expect(await client.fetchUserInfo(config, access_token, 'ada')).toMatchObject({
      sub: 'ada',
      name: 'The ada',
      email_verified: true,
    });
  });

  it('logs out here and then at its clients, whose servers may hang, after asking in words of the app', async () => {
    const config = await server.discover('partner');
    const { redeem, browser } = await server.authorize(config);
    const tokens = await redeem();
    const url = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token as string,
      post_logout_redirect_uri: 'https://client.example/bye',
      state: 'x',
    });
    const page = (await browser.visit(url)) as Response;
    const text = await page.text();
    expect(text).toContain('Log out &#60;here&#62;');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(text)?.[1] as string;
    const confirmed = await browser.fetch(`${server.url}/oauth/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    expect(confirmed.headers.get('location')).toBe('https://client.example/bye?state=x');
    await eventually(() => logoutTokens.length > 0);
    expect(logoutTokens.map((token) => decodeJwt(token))).toMatchObject([
      { iss: server.url, aud: 'partner', sub: 'ada', sid: decodeJwt(tokens.id_token as string).sid },
    ]);
    // Nobody has waited for its answer, and it is given up after three seconds.
    for (const answer of answers) answer();
    expect((await server.me(tokens.access_token)).status).toBe(401);
    browser.accessToken = undefined;
    await server.authorize(config, {}, browser);
    expect(browser.asked.at(-1)).toMatchObject({ prompt: 'login' });
    expect(running.events.all.filter(({ type }) => type === 'oauth-server.failed')).toEqual([]);
  });

  it('believes no login but one that the app has completed', async () => {
    const config = await server.discover('pages');
    const challenge = await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier());
    const begin = async (browser: Browser, parameters: Record<string, string> = {}) => {
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: 'openid parcels:read',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        ...parameters,
      });
      const first = await browser.fetch(url);
      const second = await browser.fetch(new URL(first.headers.get('location') as string, server.url));
      return new URL(second.headers.get('location') as string).searchParams.get('interaction') as string;
    };
    const browser = new Browser(server.url);
    const id = await begin(browser);
    const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
    expect(await codeOf(await browser.post(id, 'login', {}))).toBe('credentials_required');
    expect(await codeOf(await browser.post(id, 'login', {}, { authorization: 'Bearer forged' }))).toBe(
      'invalid_token',
    );
    // One that an application was given is none of the user's own.
    const given = await (await server.authorize(config)).redeem();
    const asGiven = { authorization: `Bearer ${given.access_token}` };
    expect(await codeOf(await browser.post(id, 'login', {}, asGiven))).toBe('access_token_required');
    const machine = await client.clientCredentialsGrant(await server.discover('robot'), {
      scope: 'parcels:read',
    });
    const asMachine = { authorization: `Bearer ${machine.access_token}` };
    expect(await codeOf(await browser.post(id, 'login', {}, asMachine))).toBe('credentials_required');
    const own = { authorization: `Bearer ${await browser.logIn()}` };
    expect(await codeOf(await browser.post(id, 'consent', {}, own))).toBe('interaction_over');
    // People agree to what they were shown, and to no part of it.
    expect(await codeOf(await browser.post(id, 'login', { scopes: [] }, own))).toBe('malformed_request');
    for (const headers of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'content-type': 'text/plain' },
    ])
      expect(await codeOf(await browser.post(id, 'login', {}, { ...own, ...headers }))).toBe(
        'cross_site_request',
      );
    // Whoever gets at the address has not begun it.
    expect(await codeOf(await new Browser(server.url).post(id, 'login', {}, own))).toBe('interaction_over');
    const strong = await begin(browser, { acr_values: 'mfa' });
    const response = await browser.post(strong, 'login', {}, own);
    expect(await response.json()).toMatchObject({
      code: 'insufficient_user_authentication',
      acr_values: 'mfa',
    });
    const ended = await browser.logIn();
    await running.app.get(SessionService).end(decodeJwt(ended).sid as string, { reason: 'a test' });
    const asEnded = { authorization: `Bearer ${ended}` };
    expect(await codeOf(await browser.post(strong, 'login', {}, asEnded))).toBe('invalid_token');
    const declined = await browser.send(strong, 'abort', {});
    expect(((await browser.visit(declined)) as URL).searchParams.get('error')).toBe('access_denied');
  });
});

describeOnPlatforms('two instances of an authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);

  it('know what the other one gives out, under a prefix, CORS and raw bodies', async () => {
    const shared = {
      stores: { oauthArtifacts: new MemoryOAuthArtifactStore(), sessions: new MemorySessionStore() },
    };
    const keyEncryptionKeys = [Buffer.alloc(32, 7).toString('base64')];
    const { signingKey } = await import('../support/credentials.js');
    await server.start({
      portcullis: shared as never,
      signing: { signingKey, keyEncryptionKeys },
      boot: { prepare, rawBody: true },
    });
    const other = await boot(running.platform, server.another(), { prepare });
    try {
      await other.app.get(Users, { strict: false }).add('ada');
      const config = await server.discover('pages');
      const atOther = async (path: string, init?: RequestInit) => fetch(`${other.url}${path}`, init);
      const { place, verifier } = await server.authorize(config, {}, new Browser(server.url, 'ada', '/api'));
      const fields = {
        grant_type: 'authorization_code',
        client_id: 'pages',
        redirect_uri: CALLBACK,
        code: place.searchParams.get('code') as string,
        code_verifier: verifier,
      };
      const redeem = (at: string) =>
        fetch(`${at}/oauth/token`, { method: 'POST', body: new URLSearchParams(fields) });
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, index) => redeem(index % 2 === 0 ? server.url : other.url)),
      );
      const good = all.filter(({ status }) => status === 200);
      expect(good).toHaveLength(1);
      const tokens = (await good[0]?.json()) as { access_token: string; refresh_token: string };
      expect(decodeJwt(tokens.access_token)).toMatchObject({ iss: server.url, aud: API });
      expect(
        (await atOther('/api/me', { headers: { authorization: `Bearer ${tokens.access_token}` } })).status,
      ).toBe(200);
      const refreshed = await atOther('/oauth/token', {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          client_id: 'pages',
          refresh_token: tokens.refresh_token,
        }),
      });
      expect(refreshed.status).toBe(200);
      expect((await atOther('/oauth/nothing')).status).toBe(404);
    } finally {
      await other.app.close();
    }
  });
});

describeOnPlatforms('an authorization server without its store on %s', (running) => {
  it('says that it is away, and not that the client is wrong', async () => {
    const oauthArtifacts = new MemoryOAuthArtifactStore();
    const server = new ServerUnderTest(running);
    await server.start({ portcullis: { stores: { oauthArtifacts } } });
    const config = await server.discover('pages');
    const { redeem } = await server.authorize(config);
    const { refresh_token } = await redeem();
    oauthArtifacts.find = () => Promise.reject(new Error('the store is away'));
    const response = await running.fetch('/oauth/token', {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'pages',
        refresh_token: refresh_token as string,
      }),
    });
    expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
      503,
      '1',
      { error: 'temporarily_unavailable', error_description: expect.any(String) },
    ]);
  });
});
