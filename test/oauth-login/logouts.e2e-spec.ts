import { SessionService } from '@portcullis/auth';
import { TestClock } from '@portcullis/testing';
import type { JWTPayload } from 'jose';
import { problemIn } from '../support/http.js';
import { type LoginIssuer, makeLoginIssuerKey, startLoginIssuer } from '../support/login-issuer.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { clientOf, loginApp, ORIGIN, providerOf } from './login-app.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

describeOnPlatforms('logging out here and at the other issuer on %s', (running) => {
  let idp: LoginIssuer;
  const clock = new TestClock();
  const browserOf = () => new TestBrowser(() => ({ [ORIGIN]: running.url }));

  beforeAll(async () => {
    idp = await startLoginIssuer({
      clients: [
        clientOf('idp', {
          backchannel_logout_uri: `${ORIGIN}/login/idp/backchannel-logout`,
          backchannel_logout_session_required: true,
          post_logout_redirect_uris: [`${ORIGIN}/public`],
        }),
      ],
      accounts: { alice: {}, bob: {} },
      fetch: (url, options) => fetch(String(url).replace(ORIGIN, running.url), options),
    });
    const providers = { idp: providerOf(idp, { createUsers: true }) };
    const { portcullis } = loginApp({ login: { providers } });
    await running.start(loginApp({ login: { providers }, portcullis: { ...portcullis, now: clock.now } }));
  });
  afterAll(() => idp.close());

  const logIn = async (account = 'alice', browser = browserOf()) => {
    idp.account = account;
    await browser.visit(`${ORIGIN}/login/idp`);
    const { access_token, session_id } = (await (await browser.post(`${ORIGIN}/auth/refresh`)).json()) as {
      access_token: string;
      session_id: string;
    };
    const session = await running.app.get(SessionService).find(session_id);
    const { sid = '' } = session?.upstream ?? {};
    const headers = { authorization: `Bearer ${access_token}` };
    const isIn = async () =>
      (await running.statusOf('/user', headers)) === 200 &&
      (await browser.post(`${ORIGIN}/auth/refresh`)).status === 200;
    return { browser, headers, sid, isIn };
  };
  const claims = (more: JWTPayload = {}): JWTPayload => ({
    ...{ iss: idp.issuer, aud: 'parcels', iat: Math.floor(Date.now() / 1000), jti: crypto.randomUUID() },
    ...{ events: { [EVENT]: {} }, ...more },
  });
  const send = (token: string) =>
    running.fetch('/login/idp/backchannel-logout', {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token }),
    });
  const signed = (more: JWTPayload, header: object = { typ: 'logout+jwt' }) => idp.sign(claims(more), header);

  it('ends the session here when its user logs out there, in this browser', async () => {
    const [one, another] = [await logIn(), await logIn()];
    expect(await one.isIn()).toBe(true);
    await one.browser.visit(`${idp.issuer}/session/end?client_id=parcels`);
    expect([await one.isIn(), await another.isIn()]).toEqual([false, true]);
    expect(running.events.of('session.ended').at(-1)?.reason).toBe('logged out at idp');
  });

  it('ends the session there when its user logs out here, and leads back', async () => {
    const { browser, headers, isIn } = await logIn();
    const response = await running.send('POST', '/login/idp/logout', headers, { return_to: '/public' });
    const { url } = (await response.json()) as { url: string };
    expect(await isIn()).toBe(false);
    const landed = await browser.visit(url);
    expect([landed.url.href, landed.text]).toEqual([`${ORIGIN}/public`, 'in']);
    expect(Object.keys(browser.cookiesOf(idp.origin)).filter((name) => name === '_session')).toEqual([]);
  });

  it('ends those of a user, of a session, and of a session whose user is not named', async () => {
    const [one, two, bob] = [await logIn(), await logIn(), await logIn('bob')];
    expect((await send(await signed({ sid: one.sid }))).status).toBe(200);
    expect([await one.isIn(), await two.isIn(), await bob.isIn()]).toEqual([false, true, true]);
    expect((await send(await signed({ sub: 'alice', sid: 'unknown' }))).status).toBe(200);
    expect(await two.isIn()).toBe(true);
    expect((await send(await signed({ sub: 'alice' }))).status).toBe(200);
    expect([await two.isIn(), await bob.isIn()]).toEqual([false, true]);
  });

  it('takes a token once', async () => {
    const token = await signed({ sub: 'alice' });
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await send(token)).status));
    expect(statuses.sort()).toEqual([200, ...Array(7).fill(400)]);
  });

  it('goes on when the other issuer has replaced its keys', async () => {
    const { isIn } = await logIn();
    const key = await makeLoginIssuerKey();
    clock.forward(6);
    // It asks for keys because of this one, and so has done it just now.
    expect((await send(await signed({ sub: 'alice' }, { typ: 'logout+jwt', kid: 'unknown' }))).status).toBe(
      400,
    );
    await idp.rotateKeys(key);
    // Nobody makes us ask for keys more often than that.
    expect((await send(await signed({ sub: 'alice' }))).status).toBe(400);
    clock.forward(6);
    expect((await send(await signed({ sub: 'alice' }))).status).toBe(200);
    expect(await isIn()).toBe(false);
  });

  it.each<[string, JWTPayload, object?]>([
    ['that names nobody', {}],
    ['with a nonce', { sub: 'alice', nonce: 'n' }],
    ['about something else', { sub: 'alice', events: { 'http://else.example': {} } }],
    ['without events', { sub: 'alice', events: undefined }],
    ['with an event that is no object', { sub: 'alice', events: { [EVENT]: true } }],
    ['without jti', { sub: 'alice', jti: undefined as never }],
    ['without iat', { sub: 'alice', iat: undefined as never }],
    ['that is old', { sub: 'alice', iat: Math.floor(Date.now() / 1000) - 3_600 }],
    ['of tomorrow', { sub: 'alice', iat: Math.floor(Date.now() / 1000) + 3_600 }],
    ['that is over', { sub: 'alice', exp: Math.floor(Date.now() / 1000) - 60 }],
    ['for another client', { sub: 'alice', aud: 'letters' }],
    ['of another issuer', { sub: 'alice', iss: 'https://else.example' }],
    ['whose sid is no text', { sub: 'alice', sid: 1 }],
    ['without typ', { sub: 'alice' }, {}],
    ['that is an ID token', { sub: 'alice' }, { typ: 'JWT' }],
    ['with an unknown key', { sub: 'alice' }, { typ: 'logout+jwt', kid: 'unknown' }],
  ])('takes no token %s', async (_, more, header = { typ: 'logout+jwt' }) => {
    const { isIn } = await logIn();
    const response = await send(await signed(more, header));
    expect([response.status, (await problemIn(response)).code]).toEqual([400, 'invalid_logout_token']);
    expect(await isIn()).toBe(true);
  });

  it('takes no token that is forged, or none', async () => {
    const { isIn } = await logIn();
    const token = await signed({ sub: 'alice' });
    const [header, payload = ''] = token.split('.');
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url');
    const bad = [
      `${header}.${payload}.${'A'.repeat(342)}`,
      `${none}.${payload}.`,
      'x',
      '',
      'x'.repeat(9_000),
    ];
    for (const each of bad) expect((await send(each)).status).toBe(400);
    for (const body of [undefined, '{}', '[]', '{"logout_token":["x"]}']) {
      const response = await running.send('POST', '/login/idp/backchannel-logout', {}, body);
      expect(response.status).toBe(400);
    }
    expect((await running.send('POST', '/login/unknown/backchannel-logout', {}, {})).status).toBe(404);
    expect(await isIn()).toBe(true);
  });

  it('logs nobody out for a stranger, or to another place', async () => {
    expect((await running.send('POST', '/login/idp/logout', {}, {})).status).toBe(401);
    const { headers, isIn } = await logIn();
    const elsewhere = { return_to: '//evil.example' };
    expect((await running.send('POST', '/login/idp/logout', headers, elsewhere)).status).toBe(400);
    expect(await isIn()).toBe(true);
  });
});
