import { SessionService } from '@portcullis/auth';
import { decodeJwt } from 'jose';
import { problemIn } from '../support/http.js';
import { type LoginIssuer, startLoginIssuer } from '../support/login-issuer.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { clientOf, loginApp, ORIGIN, providerOf } from './login-app.js';
import { SignOnUsers } from './sign-on-users.js';

const CALLBACK = `${ORIGIN}/login/idp/callback`;

describeOnPlatforms('logging in by another issuer on %s', (running) => {
  let idp: LoginIssuer;
  let other: LoginIssuer;
  let browser: TestBrowser;

  beforeAll(async () => {
    idp = await startLoginIssuer({
      clients: [clientOf('idp')],
      accounts: {
        alice: { email: 'alice@idp.example', email_verified: true, name: 'Alice' },
        nobody: { name: 'Nobody' },
      },
    });
    other = await startLoginIssuer({ clients: [clientOf('other')], accounts: { mallory: {} } });
    const providers = {
      idp: providerOf(idp, { createUsers: true }),
      other: providerOf(other),
    };
    await running.start(loginApp({ login: { providers } }));
  });
  afterAll(() => Promise.all([idp.close(), other.close()]));
  beforeEach(() => {
    browser = new TestBrowser(() => ({ [ORIGIN]: running.url }));
    idp.account = 'alice';
    other.account = 'mallory';
  });

  /** Up to where the other issuer sends the browser back, and no further. */
  const answerFor = async (name: 'idp' | 'other', who = browser): Promise<URL> => {
    const stopped = new TestBrowser(() => ({ [ORIGIN]: running.url }));
    const page = await running.fetch(`/login/${name}`, { redirect: 'manual' });
    for (const cookie of page.headers.getSetCookie()) who.keep(ORIGIN, cookie);
    return stopped.redirectFrom(page.headers.get('location') ?? '', `${ORIGIN}/login/${name}/callback`);
  };
  const refused = async (landed: { response: Response; text: string }) =>
    problemIn(new Response(landed.text, { headers: landed.response.headers }));

  it('begins a session, and leads back to where it was to lead', async () => {
    const { url, status, text } = await browser.visit(`${ORIGIN}/login/idp?return_to=/public?a=b`);
    expect([url.href, status, text]).toEqual([`${ORIGIN}/public?a=b`, 200, 'in']);
    const refreshed = await browser.post(`${ORIGIN}/auth/refresh`);
    expect(refreshed.status).toBe(200);
    const { access_token } = (await refreshed.json()) as { access_token: string };
    expect(decodeJwt(access_token)).toMatchObject({ sub: 'from-idp-alice', client_id: 'web', amr: ['fed'] });
    const { sid } = decodeJwt(access_token) as { sid: string };
    const session = await running.app.get(SessionService).find(sid);
    expect(session?.upstream).toEqual({ iss: idp.issuer, sub: 'alice' });
  });

  it('asks for state, nonce and S256, each new, and keeps what they are checked by from scripts and other sites', async () => {
    const begin = async () => {
      const response = await running.fetch('/login/idp?return_to=/', { redirect: 'manual' });
      expect([response.status, response.headers.get('cache-control')]).toEqual([302, 'no-store']);
      const [cookie = ''] = response.headers.getSetCookie();
      return { query: new URL(response.headers.get('location') ?? '').searchParams, cookie };
    };
    const { query, cookie } = await begin();
    expect(Object.fromEntries(query)).toEqual({
      ...{ client_id: 'parcels', response_type: 'code', redirect_uri: CALLBACK },
      ...{ scope: 'openid email profile', code_challenge_method: 'S256' },
      ...{ state: expect.any(String), nonce: expect.any(String), code_challenge: expect.any(String) },
    });
    expect(cookie).toMatch(/^login-idp=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    const again = await begin();
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(again.query.get(name)).not.toBe(query.get(name));
    expect(cookie).not.toContain(query.get('state'));
  });

  it('takes no answer in a browser that has not begun it, and none of another login', async () => {
    const theirs = new TestBrowser(() => ({ [ORIGIN]: running.url }));
    const answer = await answerFor('idp', theirs);
    for (const visitor of [browser, await withOwnLogin()]) {
      const landed = await visitor.visit(answer.href, idp.issuer);
      expect([landed.status, (await refused(landed)).code]).toEqual([400, 'login_not_begun']);
      expect(visitor.cookiesOf(ORIGIN)).toEqual({});
    }
    async function withOwnLogin() {
      const visitor = new TestBrowser(() => ({ [ORIGIN]: running.url }));
      await answerFor('idp', visitor);
      return visitor;
    }
  });

  it('takes an answer once, also of two at the same time', async () => {
    const answer = await answerFor('idp');
    const copies = Array.from({ length: 8 }, () => {
      const copy = new TestBrowser(() => ({ [ORIGIN]: running.url }));
      copy.copyCookies(browser, ORIGIN);
      return copy;
    });
    const landed = await Promise.all(copies.map((copy) => copy.visit(answer.href, idp.issuer)));
    const begun = copies.filter((copy) => '__Host-refresh' in copy.cookiesOf(ORIGIN));
    expect([begun.length, landed.filter(({ status }) => status === 400).length]).toEqual([1, 7]);
    expect((await browser.visit(answer.href, idp.issuer)).status).toBe(400);
  });

  it.each([
    ['another state', (answer: URL) => answer.searchParams.set('state', 'x'.repeat(43)), 400],
    ['no state', (answer: URL) => answer.searchParams.delete('state'), 400],
    ['two states', (answer: URL) => answer.searchParams.append('state', 'x'), 400],
    ['another issuer', (answer: URL) => answer.searchParams.set('iss', other.issuer), 401],
    [
      'no issuer, where it says that it names itself',
      (answer: URL) => answer.searchParams.delete('iss'),
      401,
    ],
    ['another code', (answer: URL) => answer.searchParams.set('code', 'x'.repeat(43)), 401],
    ['two codes', (answer: URL) => answer.searchParams.append('code', 'x'), 401],
    ['no code', (answer: URL) => answer.searchParams.delete('code'), 401],
  ])('refuses an answer with %s', async (_, change, status) => {
    const answer = await answerFor('idp');
    change(answer);
    const landed = await browser.visit(answer.href, idp.issuer);
    expect([landed.status, (await refused(landed)).status]).toEqual([status, status]);
    expect(browser.cookiesOf(ORIGIN)).toEqual({});
  });

  it('takes no answer of one issuer for that of another (mix-up)', async () => {
    const answer = await answerFor('idp');
    const atOther = new URL(answer.href.replace('/login/idp/', '/login/other/'));
    expect((await browser.visit(atOther.href, idp.issuer)).status).toBe(400);
    // With a login begun there as well, and its state.
    const otherAnswer = await answerFor('other');
    for (const part of ['code', 'iss']) atOther.searchParams.set(part, answer.searchParams.get(part) ?? '');
    atOther.searchParams.set('state', otherAnswer.searchParams.get('state') ?? '');
    const landed = await browser.visit(atOther.href, idp.issuer);
    expect([landed.status, (await refused(landed)).code]).toEqual([401, 'single_sign_on_failed']);
  });

  it('says nothing of what is wrong to whoever comes, and all to the operator, but for secrets', async () => {
    const answer = await answerFor('idp');
    const code = answer.searchParams.get('code') ?? '';
    answer.searchParams.set('code', `${code.slice(1)}x`);
    const landed = await browser.visit(answer.href, idp.issuer);
    expect(landed.text).not.toMatch(/invalid_grant|idp/);
    const failed = running.events.of('single-sign-on.failed').at(-1);
    expect(failed).toMatchObject({ provider: 'idp', code: 'single_sign_on_failed', address: '127.0.0.1' });
    expect(failed?.reason).toContain('invalid_grant');
    const told = JSON.stringify(running.events.all);
    for (const secret of [code.slice(2), answer.searchParams.get('state') ?? ''])
      expect(told).not.toContain(secret);
  });

  it('hands on what the other issuer answers as a refusal, and an outage as one', async () => {
    idp.refusal = 'access_denied';
    const landed = await browser.visit(`${ORIGIN}/login/idp`);
    expect([landed.status, (await refused(landed)).code]).toEqual([401, 'single_sign_on_failed']);
    idp.refusal = 'temporarily_unavailable';
    const away = await browser.visit(`${ORIGIN}/login/idp`);
    expect([away.status, (await refused(away)).code]).toEqual([503, 'temporarily_unavailable']);
    idp.refusal = undefined;
    const answer = await answerFor('idp');
    idp.isAway = true;
    const silent = await browser.visit(answer.href, idp.issuer);
    idp.isAway = false;
    expect([silent.status, silent.response.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('goes on when the other issuer replaces its keys', async () => {
    for (let round = 0; round < 3; round++) {
      await idp.rotateKeys();
      expect((await browser.visit(`${ORIGIN}/login/idp?return_to=/public`)).status).toBe(200);
    }
  });

  it('knows nobody by a name', async () => {
    expect((await browser.visit(`${ORIGIN}/login/other`)).status).toBe(409);
    idp.account = 'nobody';
    const landed = await browser.visit(`${ORIGIN}/login/idp`);
    expect([landed.status, (await refused(landed)).code]).toEqual([409, 'account_link_required']);
    for (const name of ['constructor', '__proto__', 'google', 'IDP'])
      expect((await running.fetch(`/login/${name}`, { redirect: 'manual' })).status).toBe(404);
  });

  it('lets nobody in who is gone or disabled, and asks each time', async () => {
    await browser.visit(`${ORIGIN}/login/idp`);
    const users = running.app.get(SignOnUsers, { strict: false });
    for (const change of [{ isDisabled: true }, undefined]) {
      if (change === undefined) users.accounts.delete('from-idp-alice');
      else await users.add('from-idp-alice', change);
      browser.forget(ORIGIN);
      const landed = await browser.visit(`${ORIGIN}/login/idp`);
      expect([landed.status, (await refused(landed)).code]).toEqual([401, 'single_sign_on_failed']);
      expect(browser.cookiesOf(ORIGIN)).toEqual({});
    }
    await users.add('from-idp-alice');
    expect((await browser.visit(`${ORIGIN}/login/idp?return_to=/public`)).status).toBe(200);
    expect(users.created).toHaveLength(2);
  });

  it('dates the login by that at the other issuer', async () => {
    const now = Math.floor(Date.now() / 1000);
    const authTimeAfter = async (query: string) => {
      await browser.visit(`${ORIGIN}/login/idp${query}`);
      const { access_token } = (await (await browser.post(`${ORIGIN}/auth/refresh`)).json()) as never;
      return decodeJwt(access_token).auth_time;
    };
    idp.loggedInAt = now - 3_600;
    expect(await authTimeAfter('?max_age=7200')).toBe(now - 3_600);
    // It has them log in again, and they say that it was then.
    expect((await browser.visit(`${ORIGIN}/login/idp?max_age=60`)).status).not.toBe(200);
    idp.loggedInAt = undefined;
    expect(await authTimeAfter('?max_age=60')).toBeGreaterThanOrEqual(now);
  });

  it.each([
    ...['https://evil.example', '//evil.example', '/\\evil.example', '\\/evil.example', 'evil', '', '/a//b'],
    ...['/%2f/evil.example', '/%2F%2Fevil.example', '/%5cevil.example', '/a/%5Cb', '/%09/evil.example'],
    ...['/\t/evil.example', '/\n', '/a\u0000', '/%00', '/a?b=%0d%0aSet-Cookie:x', '/.//evil.example'],
    ...['/a/..//evil.example', '/../a', '/%2e%2e/a', '/%252fevil.example', '/ä', `/${'a'.repeat(1_000)}`],
    ...['javascript:alert(1)', '/a b', '/\u2028', '?a', '/a?b=\\'],
  ])('leads to no other place: %j', async (path) => {
    const query = new URLSearchParams({ return_to: path });
    const response = await running.fetch(`/login/idp?${query}`, { redirect: 'manual' });
    expect([response.status, response.headers.getSetCookie()]).toEqual([400, []]);
  });

  it('leads to any path of its own', async () => {
    for (const path of ['/', '/a/b?c=%2Fd&e=https://x.example//', '/a#b', '/a/@b:c', "/~!$&'()*+,;="]) {
      const query = new URLSearchParams({ return_to: path });
      const landed = await browser.visit(`${ORIGIN}/login/idp?${query}`);
      expect(landed.url.href).toBe(new URL(path, ORIGIN).href);
    }
    for (const query of ['return_to=/a&return_to=/b', 'return_to[]=/a', 'x=1', 'max_age=-1', 'max_age=1e3'])
      expect((await running.fetch(`/login/idp?${query}`, { redirect: 'manual' })).status).toBe(400);
  });
});
