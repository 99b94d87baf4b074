import { SessionService } from '@portcullis/auth';
import { OAuthArtifacts } from '@portcullis/auth/internal';
import { TestClock } from '@portcullis/testing';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { API, CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('the code flow on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock();
  beforeAll(() => server.start({ portcullis: { now: clock.now } }));

  it('ends in tokens of the app, after a login and a consent at its own pages', async () => {
    const config = await server.discover('pages');
    const { browser, redeem, place } = await server.authorize(config);
    expect(`${place.origin}${place.pathname}`).toBe(CALLBACK);
    expect(browser.asked).toMatchObject([
      { prompt: 'login', client: { id: 'pages', name: 'Some Pages' } },
      {
        prompt: 'consent',
        subject: 'ada',
        scopes: [
          { scope: 'openid', description: 'Know who you are' },
          { scope: 'parcels:read', description: 'See your parcels' },
        ],
      },
    ]);
    const tokens = await redeem();
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ typ: 'at+jwt', alg: 'EdDSA' });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: server.url,
      aud: API,
      sub: 'ada',
      client_id: 'pages',
      scope: 'parcels:read',
      amr: ['pwd'],
      auth_time: expect.any(Number),
      grant_id: expect.any(String),
      sid: expect.any(String),
    });
    expect(tokens.claims()).toMatchObject({ iss: server.url, aud: 'pages', sub: 'ada', amr: ['pwd'] });
    const response = await server.me(tokens.access_token);
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { subject: 'ada', scopes: ['parcels:read'] },
    ]);
  });

  it('asks nobody twice for the same, at any login', async () => {
    const config = await server.discover('pages');
    const first = await server.authorize(config);
    await first.redeem();
    const again = await server.authorize(config, {}, first.browser);
    expect(again.browser.asked.slice(2)).toEqual([]);
    const elsewhere = await server.authorize(config);
    expect(elsewhere.browser.asked.map(({ prompt }) => prompt)).toEqual(['login']);
    const more = await server.authorize(
      config,
      { scope: 'openid parcels:read parcels:write' },
      elsewhere.browser,
    );
    expect(more.browser.asked.slice(1)).toMatchObject([
      {
        prompt: 'consent',
        scopes: expect.arrayContaining([{ scope: 'parcels:write', description: 'Send parcels' }]),
      },
    ]);
  });

  it('gives one token for one code, however many come with it at once', async () => {
    const { redeem } = await server.authorize(await server.discover('pages'));
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => redeem()));
    const got = all.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    expect(got).toHaveLength(1);
    expect((await server.me(got[0]?.access_token as string)).status).toBe(200);
  });

  it.each([0, 5, 90, 3_000])('takes it back from whoever comes %s s later', async (seconds) => {
    const config = await server.discover('pages');
    const { redeem } = await server.authorize(config);
    const { access_token, refresh_token } = await redeem();
    clock.forward(seconds);
    if (seconds < 600) expect((await server.me(access_token)).status).toBe(200);
    await expect(redeem()).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await server.me(access_token)).status).toBe(401);
    await expect(client.refreshTokenGrant(config, refresh_token as string)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('leaves a login alone that somebody knows the code of, and not who has begun it', async () => {
    const config = await server.discover('pages');
    const { redeem, place } = await server.authorize(config);
    const { access_token } = await redeem();
    const code = place.searchParams.get('code') as string;
    const thief = { code, redirect_uri: CALLBACK, code_verifier: client.randomPKCECodeVerifier() };
    await expect(client.genericGrantRequest(config, 'authorization_code', thief)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect((await server.me(access_token)).status).toBe(200);
  });

  it('takes no code that is over', async () => {
    const { redeem } = await server.authorize(await server.discover('pages'));
    clock.forward(61);
    await expect(redeem()).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('refreshes: whoever loses a race is refused, and a thief ends all of it', async () => {
    const config = await server.discover('pages');
    const { redeem } = await server.authorize(config);
    const first = await redeem();
    const refresh = (token: string | undefined) => client.refreshTokenGrant(config, token as string);
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => refresh(first.refresh_token)));
    const got = all.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    expect(got).toHaveLength(1);
    const second = await refresh(got[0]?.refresh_token);
    clock.forward(60);
    await expect(refresh(first.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await server.me(second.access_token)).status).toBe(401);
    await expect(refresh(second.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('uses nothing up that is refused for an API that was not granted', async () => {
    const config = await server.discover('pages');
    const { place, verifier, redeem } = await server.authorize(config);
    const ask = async (fields: Record<string, string>, resources: readonly string[]) => {
      const body = new URLSearchParams({ client_id: 'pages', redirect_uri: CALLBACK, ...fields });
      for (const resource of resources) body.append('resource', resource);
      const response = await running.fetch('/oauth/token', { method: 'POST', body });
      return ((await response.json()) as { error?: string }).error;
    };
    const elsewhere = [['https://elsewhere.example'], [API, 'https://elsewhere.example']];
    const code = place.searchParams.get('code') as string;
    for (const resources of elsewhere) {
      const fields = { grant_type: 'authorization_code', code, code_verifier: verifier };
      expect(await ask(fields, resources)).toBe('invalid_target');
    }
    const { refresh_token = '' } = await redeem();
    for (const resources of elsewhere)
      expect(await ask({ grant_type: 'refresh_token', refresh_token }, resources)).toBe('invalid_target');
    const refreshed = await client.refreshTokenGrant(config, refresh_token);
    expect((await server.me(refreshed.access_token)).status).toBe(200);
  });

  it('ends with the login, but for what was asked for beyond it', async () => {
    const config = await server.discover('pages');
    const browser = new Browser(server.url);
    const bound = await (await server.authorize(config, {}, browser)).redeem();
    const kept = await (
      await server.authorize(
        config,
        { scope: 'openid offline_access parcels:read', prompt: 'consent' },
        browser,
      )
    ).redeem();
    const once = await client.refreshTokenGrant(config, bound.refresh_token as string);
    const twice = await client.refreshTokenGrant(config, once.refresh_token as string);
    const { session_id } = { session_id: decodeJwt(browser.accessToken as string).sid as string };
    await running.app.get(SessionService).end(session_id, { reason: 'a test' });
    for (const { access_token } of [bound, once, twice])
      expect((await server.me(access_token)).status).toBe(401);
    const { refresh_token } = twice;
    expect(await running.app.get(OAuthArtifacts).find('RefreshToken', refresh_token as string)).toBe(
      undefined,
    );
    await expect(client.refreshTokenGrant(config, refresh_token as string)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    const refreshed = await client.refreshTokenGrant(config, kept.refresh_token as string);
    expect((await server.me(refreshed.access_token)).status).toBe(200);
    // The browser has to log in once more.
    browser.accessToken = undefined;
    await server.authorize(config, {}, browser);
    expect(browser.asked.map(({ prompt }) => prompt)).toEqual(['login', 'consent', 'login']);
  });

  it.each([
    ['no challenge', 'invalid_request', { code_challenge: '', code_challenge_method: '' }],
    ['a plain one', 'invalid_request', { code_challenge_method: 'plain' }],
    ['an unknown API', 'invalid_target', { resource: 'https://elsewhere.example' }],
    ['the implicit flow', 'unsupported_response_type', { response_type: 'token' }],
    ['a hybrid one', 'unsupported_response_type', { response_type: 'code id_token', nonce: 'n' }],
  ])('refuses %s: %s', async (_, error, parameters: object) => {
    const config = await server.discover('pages');
    const { place } = await server.authorize(config, { ...parameters });
    expect(place.searchParams.get('error') ?? new URLSearchParams(place.hash.slice(1)).get('error')).toBe(
      error,
    );
  });

  it.each([
    `${CALLBACK}/`,
    `${CALLBACK}?a=b`,
    'https://client.example/CALLBACK',
    'https://client.example.evil.example/callback',
    'http://client.example/callback',
    'http://127.0.0.1:9/callback',
  ])('shows a page instead of going to %s', async (redirect_uri) => {
    const config = await server.discover('pages');
    await expect(server.authorize(config, { redirect_uri })).rejects.toThrow(/A page instead of a code: 400/);
  });
});
