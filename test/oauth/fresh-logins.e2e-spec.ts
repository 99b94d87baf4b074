import { TestClock } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

describeOnPlatforms('clients that want a fresh or another login, on %s', (running) => {
  const server = new ServerUnderTest(running);
  const clock = new TestClock();
  beforeAll(async () => {
    await server.start({ portcullis: { now: clock.now } });
    await running.app.get(Users, { strict: false }).add('eve');
  });

  /** Somebody who has logged in, and agreed. */
  const known = async (user = 'ada') => {
    const browser = new Browser(server.url, user);
    const { redeem } = await server.authorize(await server.discover('pages'), {}, browser);
    return { browser, tokens: await redeem() };
  };
  const errorOf = async (parameters: Record<string, string>, browser: Browser) =>
    (await server.authorize(await server.discover('pages'), parameters, browser)).place.searchParams.get(
      'error',
    );
  /** An interaction that has begun, and what a page of the app says to it. */
  const begin = async (parameters: Record<string, string>, browser: Browser) => {
    const url = client.buildAuthorizationUrl(await server.discover('pages'), {
      ...{ redirect_uri: CALLBACK, scope: 'openid parcels:read', code_challenge_method: 'S256' },
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      ...parameters,
    });
    const first = await browser.fetch(url);
    const second = await browser.fetch(new URL(first.headers.get('location') as string, server.url));
    return new URL(second.headers.get('location') as string).searchParams.get('interaction') as string;
  };
  const handIn = async (id: string, browser: Browser, accessToken = browser.accessToken) => {
    const response = await browser.post(id, 'login', {}, { authorization: `Bearer ${accessToken}` });
    return {
      status: response.status,
      ...((await response.json()) as { code?: string; redirect_to?: string }),
    };
  };

  it.each([
    ['prompt=login', { prompt: 'login' }],
    ['max_age=60', { max_age: '60' }],
    ['max_age=0', { max_age: '0' }],
  ])('get none that is older: %s', async (_, parameters) => {
    const { browser, tokens } = await known();
    const before = browser.accessToken as string;
    clock.forward(120);
    const id = await begin(parameters as Record<string, string>, browser);
    expect(await handIn(id, browser)).toMatchObject({
      status: 401,
      code: 'insufficient_user_authentication',
    });
    // A refreshed or stepped-up front end proves no new login by itself.
    const fresh = await browser.logIn();
    const { redirect_to = '' } = await handIn(id, browser, fresh);
    browser.accessToken = fresh;
    const place = (await browser.visit(redirect_to)) as URL;
    expect(place.searchParams.get('code')).toEqual(expect.any(String));
    // Nor does the answer to one interaction answer the next: whoever goes back is asked anew.
    clock.forward(120);
    const second = await begin(parameters as Record<string, string>, browser);
    expect(second).not.toBe(id);
    for (const old of [before, fresh])
      expect(await handIn(second, browser, old)).toMatchObject({ code: 'insufficient_user_authentication' });
    expect(await handIn(id, browser, await browser.logIn())).toMatchObject({ code: 'interaction_over' });
    expect(tokens.claims()?.auth_time).toBe(decodeJwt(before).auth_time);
  });

  it('learn when the login was, and not when they were told', async () => {
    const { browser } = await known();
    clock.forward(500);
    const config = await server.discover('pages');
    const later = await (await server.authorize(config, { max_age: '1000' }, browser)).redeem();
    expect(later.claims()?.auth_time).toBe(decodeJwt(browser.accessToken as string).auth_time);
    expect(decodeJwt(later.access_token).auth_time).toBe(later.claims()?.auth_time);
  });

  it('are told where nobody may be asked: prompt=none', async () => {
    const { browser, tokens } = await known();
    const silent = { prompt: 'none' };
    expect(await errorOf(silent, browser)).toBeNull();
    expect(await errorOf(silent, new Browser(server.url))).toBe('login_required');
    expect(await errorOf({ ...silent, scope: 'openid parcels:write' }, browser)).toBe('consent_required');
    expect(await errorOf({ ...silent, acr_values: 'mfa' }, browser)).toBe('login_required');
    expect(await errorOf({ ...silent, id_token_hint: tokens.id_token as string }, browser)).toBeNull();
    const other = await known('eve');
    const hint = { ...silent, id_token_hint: other.tokens.id_token as string };
    expect(await errorOf(hint, browser)).toBe('login_required');
    expect(await errorOf({ prompt: 'none login' }, browser)).toBe('invalid_request');
    clock.forward(120);
    expect(await errorOf({ ...silent, max_age: '60' }, browser)).toBe('login_required');
  });

  it('get nobody else than they have named: id_token_hint', async () => {
    const [ada, eve] = [await known(), await known('eve')];
    const browser = new Browser(server.url);
    const id = await begin({ id_token_hint: eve.tokens.id_token as string }, browser);
    expect(await handIn(id, browser, ada.browser.accessToken)).toMatchObject({
      status: 401,
      code: 'insufficient_user_authentication',
    });
    const { redirect_to = '' } = await handIn(id, browser, eve.browser.accessToken);
    expect(((await browser.visit(redirect_to)) as URL).searchParams.get('code')).toEqual(expect.any(String));
  });

  it('get no login by an old cookie of a session that has ended', async () => {
    const { browser } = await known();
    const old = browser.jar.toString();
    await running.send('POST', '/auth/logout', { authorization: `Bearer ${browser.accessToken}` }, {});
    const thief = new Browser(server.url);
    for (const cookie of old.split('; ')) {
      const headers = new Headers({ 'set-cookie': cookie });
      thief.jar.keep({ headers } as Response);
    }
    expect(await errorOf({ prompt: 'none' }, thief)).toBe('login_required');
  });

  it('give their user to one browser: consents at the same time, and of others', async () => {
    const browser = new Browser(server.url, 'eve');
    const id = await begin({ scope: 'openid parcels:write', prompt: 'consent' }, browser);
    browser.accessToken = await browser.logIn();
    const { redirect_to = '' } = await handIn(id, browser);
    const led = await browser.fetch(redirect_to);
    const next = await browser.fetch(new URL(led.headers.get('location') as string, server.url));
    const consent = new URL(next.headers.get('location') as string).searchParams.get('interaction') as string;
    expect((await new Browser(server.url, 'ada').post(consent, 'consent', {})).status).toBe(404);
    const all = await Promise.all([1, 2, 3].map(() => browser.post(consent, 'consent', {})));
    const places = new Set<string>();
    for (const response of all)
      if (response.ok) places.add(((await response.json()) as { redirect_to: string }).redirect_to);
    const codes: string[] = [];
    for (const place of [...places, ...places]) {
      const end = await browser.visit(place);
      const code = end instanceof URL ? end.searchParams.get('code') : null;
      if (code !== null) codes.push(code);
    }
    expect(codes).toHaveLength(1);
  });
});
