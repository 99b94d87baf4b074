import { MemoryAccountLinkStore } from '@portcullis/auth';
import { SINGLE_SIGN_ON_FAILED } from '@portcullis/auth/internal';
import { AccountLinks } from '@portcullis/oauth/login';
import { TestClock } from '@portcullis/testing';
import { decodeJwt } from 'jose';
import { problemIn } from '../support/http.js';
import { type LoginIssuer, startLoginIssuer } from '../support/login-issuer.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { PASSWORD } from '../support/users.js';
import { clientOf, loginApp, ORIGIN, providerOf } from './login-app.js';
import { SignOnUsers } from './sign-on-users.js';

interface Tokens {
  readonly access_token: string;
  readonly session_id: string;
}

describeOnPlatforms('links to accounts of other issuers on %s', (running) => {
  let idp: LoginIssuer;
  let hub: LoginIssuer;
  let clock: TestClock;
  let links: MemoryAccountLinkStore;
  const users = () => running.app.get(SignOnUsers, { strict: false });
  const browserOf = () => new TestBrowser(() => ({ [ORIGIN]: running.url }));

  beforeAll(async () => {
    const accounts = {
      alice: { email: 'ada@parcels.example', email_verified: true },
      bold: { email: 'ada@parcels.example' },
      text: { email: 'ada@parcels.example', email_verified: 'true' },
      eve: { email: 'eve@parcels.example', email_verified: true },
    };
    idp = await startLoginIssuer({ clients: [clientOf('idp')], accounts });
    hub = await startLoginIssuer({ clients: [clientOf('hub')], accounts, hasClaimsInIdTokens: false });
  });
  afterAll(() => Promise.all([idp.close(), hub.close()]));

  beforeEach(async () => {
    links = new MemoryAccountLinkStore();
    clock = new TestClock();
    const providers = { idp: providerOf(idp), hub: providerOf(hub, { linkByEmail: true }) };
    const portcullis = { now: clock.now, stores: { accountLinks: links } };
    const base = loginApp({ login: { providers } }).portcullis;
    await running.start(loginApp({ login: { providers }, portcullis: { ...base, ...portcullis } }));
    for (const subject of ['ada', 'bob']) await users().add(subject);
    users().byEmail.set('ada@parcels.example', 'ada');
    idp.account = 'alice';
    hub.account = 'alice';
  });

  const byPassword = async (browser: TestBrowser, username = 'ada'): Promise<Tokens> => {
    const response = await browser.post(`${ORIGIN}/auth/login`, { username, password: PASSWORD });
    return (await response.json()) as Tokens;
  };
  const as = ({ access_token }: Tokens) => ({ authorization: `Bearer ${access_token}` });
  const linkBy = async (browser: TestBrowser, tokens: Tokens, provider = 'idp', body: object = {}) =>
    browser.post(`${ORIGIN}/auth/links/${provider}`, body, as(tokens));
  const link = async (browser: TestBrowser, tokens: Tokens, provider = 'idp') => {
    const { url } = (await (await linkBy(browser, tokens, provider, { return_to: '/public' })).json()) as {
      url: string;
    };
    return browser.visit(url, ORIGIN);
  };
  const unlink = (tokens: Tokens, provider = 'idp') =>
    running.send('DELETE', `/auth/links/${provider}`, as(tokens));
  const listOf = async (tokens: Tokens) =>
    ((await (await running.get('/auth/links', as(tokens))).json()) as { links: { provider: string }[] })
      .links;
  const subjectOf = async (browser: TestBrowser) => {
    const response = await browser.post(`${ORIGIN}/auth/refresh`);
    return response.status === 200
      ? decodeJwt(((await response.json()) as Tokens).access_token).sub
      : undefined;
  };
  const codeOf = async (response: Response) => (await problemIn(response)).code;

  it('are made by hand, and log in from then on', async () => {
    const browser = browserOf();
    const tokens = await byPassword(browser);
    const landed = await link(browser, tokens);
    expect([landed.url.href, landed.text]).toEqual([`${ORIGIN}/public`, 'in']);
    expect(await listOf(tokens)).toEqual([
      { provider: 'idp', name: 'ada@parcels.example', createdAt: expect.any(Number), lastUsedAt: null },
    ]);
    const another = browserOf();
    await another.visit(`${ORIGIN}/login/idp`);
    expect(await subjectOf(another)).toBe('ada');
    expect(running.events.of('account.linked')).toEqual([
      expect.objectContaining({
        ...{ subject: 'ada', provider: 'idp', upstreamIssuer: idp.issuer, upstreamSubject: 'alice' },
        ...{ by: 'hand', actor: 'ada', address: '127.0.0.1' },
      }),
    ]);
  });

  it('need a login of five minutes, in a session of its own', async () => {
    const browser = browserOf();
    const tokens = await byPassword(browser);
    for (const headers of [{}, { authorization: 'Bearer x' }])
      expect((await browser.post(`${ORIGIN}/auth/links/idp`, {}, headers)).status).toBe(401);
    const elsewhere = await linkBy(browser, tokens, 'idp', { return_to: '//evil.example' });
    expect(elsewhere.status).toBe(400);
    expect((await linkBy(browser, tokens, 'unknown')).status).toBe(404);
    clock.forward(301);
    const late = await linkBy(browser, tokens);
    expect([late.status, await codeOf(late)]).toEqual([401, 'insufficient_user_authentication']);
    expect(await codeOf(await unlink(tokens))).toBe('insufficient_user_authentication');
  });

  it('are not made when the session that has asked has ended, nor in another browser', async () => {
    const browser = browserOf();
    const tokens = await byPassword(browser);
    const { url } = (await (await linkBy(browser, tokens)).json()) as { url: string };
    const answer = await browserOf().redirectFrom(url, ORIGIN);
    expect((await browserOf().visit(answer.href, idp.issuer)).status).toBe(400);
    await browser.post(`${ORIGIN}/auth/logout`, {}, as(tokens));
    const landed = await browser.visit(answer.href, idp.issuer);
    expect([landed.status, await links.list({ issuer: 'http://localhost:3000', subject: 'ada' })]).toEqual([
      401,
      [],
    ]);
  });

  it('are of one account, and an account has one of each issuer', async () => {
    const [mine, theirs] = [browserOf(), browserOf()];
    const ada = await byPassword(mine);
    await link(mine, ada);
    expect((await link(mine, ada)).status).toBe(200);
    expect((await link(theirs, await byPassword(theirs, 'bob'))).status).toBe(409);
    idp.account = 'eve';
    const second = browserOf();
    expect((await link(second, await byPassword(second))).status).toBe(409);
    expect(await listOf(ada)).toHaveLength(1);
    expect(running.events.of('account.linked')).toHaveLength(1);
  });

  it('are not made by an e-mail address, unless that is on', async () => {
    const browser = browserOf();
    const landed = await browser.visit(`${ORIGIN}/login/idp`);
    expect(landed.status).toBe(409);
    expect(await subjectOf(browser)).toBeUndefined();
    expect((await browser.visit(`${ORIGIN}/login/hub?return_to=/public`)).status).toBe(200);
    expect(await subjectOf(browser)).toBe('ada');
    expect(running.events.of('account.linked').at(-1)).toMatchObject({ by: 'email', provider: 'hub' });
  });

  it('say who has come from there where nobody here is linked to them, so that it is kept', async () => {
    await browserOf().visit(`${ORIGIN}/login/idp`);
    expect((await browserOf().visit(`${ORIGIN}/login/idp/callback?error=access_denied`)).status).toBe(400);
    const failed = running.events.of('single-sign-on.failed');
    expect(failed).toEqual([
      expect.objectContaining({ upstreamIssuer: idp.issuer, upstreamSubject: 'alice' }),
      expect.not.objectContaining({ upstreamSubject: expect.anything() }),
    ]);
    const callers = failed.map((facts) => SINGLE_SIGN_ON_FAILED.callerIn(facts));
    expect(callers).toEqual([JSON.stringify(['upstream', idp.issuer, 'alice']), undefined]);
  });

  it('are made by an address that both sides have verified alone', async () => {
    for (const account of ['bold', 'text', 'eve']) {
      hub.account = account;
      expect((await browserOf().visit(`${ORIGIN}/login/hub`)).status).toBe(409);
    }
    hub.account = 'alice';
    users().byEmail.clear();
    expect((await browserOf().visit(`${ORIGIN}/login/hub`)).status).toBe(409);
    users().byEmail.set('ada@parcels.example', 'ada');
    await users().add('ada', { isDisabled: true });
    expect((await browserOf().visit(`${ORIGIN}/login/hub`)).status).toBe(401);
    expect(await links.list({ issuer: 'http://localhost:3000', subject: 'ada' })).toEqual([]);
  });

  it('are removed with the sessions that were begun by them, but not the last one', async () => {
    const browser = browserOf();
    const tokens = await byPassword(browser);
    await link(browser, tokens);
    const theirs = browserOf();
    await theirs.visit(`${ORIGIN}/login/idp`);
    const last = await unlink(tokens);
    expect([last.status, await codeOf(last)]).toEqual([409, 'account_link_conflict']);
    expect(await subjectOf(theirs)).toBe('ada');
    await link(browser, tokens, 'hub');
    expect((await unlink(tokens)).status).toBe(204);
    expect((await unlink(tokens)).status).toBe(404);
    expect([await subjectOf(theirs), await subjectOf(browser)]).toEqual([undefined, 'ada']);
    expect((await theirs.visit(`${ORIGIN}/login/idp`)).status).toBe(409);
    users().withPassword.add('ada');
    expect((await unlink(tokens, 'hub')).status).toBe(204);
    expect(running.events.of('account.unlinked').map(({ provider }) => provider)).toEqual(['idp', 'hub']);
  });

  it('stay, one at least, when both are removed at the same time', async () => {
    const browser = browserOf();
    const tokens = await byPassword(browser);
    for (const name of ['idp', 'hub']) await link(browser, tokens, name);
    const removed = await Promise.all(['idp', 'hub'].map((name) => unlink(tokens, name)));
    expect(removed.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(await listOf(tokens)).toHaveLength(1);
  });

  it('are removed by force for whoever runs the app', async () => {
    const browser = browserOf();
    await link(browser, await byPassword(browser));
    const service = running.app.get(AccountLinks, { strict: false });
    const owner = { issuer: 'http://localhost:3000', subject: 'ada' };
    expect(await service.unlink(owner, 'idp', { isForced: true, actor: 'admin' })).toBe(true);
    expect(await service.list(owner)).toEqual([]);
  });

  it('end sessions before they are gone: whoever dies right after that leaves none behind', async () => {
    const browser = browserOf();
    await link(browser, await byPassword(browser));
    const theirs = browserOf();
    await theirs.visit(`${ORIGIN}/login/idp`);
    const remove = links.remove.bind(links);
    let goOn = () => {};
    const removed = new Promise((resolve) => {
      links.remove = async (...which) => {
        const link = await remove(...which);
        resolve(link);
        await new Promise<void>((end) => {
          goOn = end;
        });
        return link;
      };
    });
    const service = running.app.get(AccountLinks, { strict: false });
    const owner = { issuer: 'http://localhost:3000', subject: 'ada' };
    const unlinking = service.unlink(owner, 'idp', { isForced: true });
    expect(await removed).toBeDefined();
    expect([await subjectOf(theirs), await subjectOf(browser)]).toEqual([undefined, 'ada']);
    goOn();
    expect(await unlinking).toBe(true);
  });
});
