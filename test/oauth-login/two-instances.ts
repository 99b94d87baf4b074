import { randomUUID } from 'node:crypto';
import type { DirectoryUser, Storage, UpstreamProfile } from '@portcullis/auth';
import type { JWTPayload } from 'jose';
import { type LoginIssuer, startLoginIssuer } from '../support/login-issuer.js';
import { Authenticator } from '../support/mfa-client.js';
import { RunningApp } from '../support/running-app.js';
import { TestBrowser } from '../support/test-browser.js';
import { PASSWORD } from '../support/users.js';
import { clientOf, loginApp, ORIGIN, providerOf } from './login-app.js';
import { SignOnUsers } from './sign-on-users.js';

export const KEYS = [Buffer.alloc(32, 9).toString('base64')];
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
/** One for each test. */
const NAMES = ['ada', 'bob', 'cleo', 'dan', 'eve', 'fay', 'gus', 'hal'] as const;

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/** Two instances that share what a storage keeps, one on each platform, and let in whom the same issuer vouches for. */
export class TwoInstances {
  readonly apps = [new RunningApp('express'), new RunningApp('fastify')] as const;
  /** Whose accounts were made, on either. */
  readonly created: UpstreamProfile[] = [];
  /** Called before an account is made. */
  beforeCreation: () => Promise<void> = async () => {};
  #idp: LoginIssuer | undefined;

  get idp(): LoginIssuer {
    if (this.#idp === undefined) throw new Error('It is not started');
    return this.#idp;
  }

  async start(open: () => Storage): Promise<void> {
    const accounts = Object.fromEntries(NAMES.map((name) => [name, {}]));
    this.#idp = await startLoginIssuer({ clients: [clientOf('idp')], accounts });
    const login = { providers: { idp: providerOf(this.#idp, { createUsers: true }) } };
    for (const app of this.apps) {
      const { portcullis } = loginApp({ login });
      await app.start(loginApp({ login, portcullis: { ...portcullis, storage: open() } }));
    }
    for (const users of this.#users()) users.createFor = (profile) => this.#create(profile);
  }

  async close(): Promise<void> {
    await Promise.all(this.apps.map((app) => app.close()));
    await this.#idp?.close();
  }

  /** A new browser, to which one of the instances is the app. */
  browserAt(index: 0 | 1): TestBrowser {
    return new TestBrowser(() => ({ [ORIGIN]: this.apps[index].url }));
  }

  /** Logs somebody in by the other issuer. */
  async logIn(name: string, index: 0 | 1): Promise<TestBrowser> {
    const browser = this.browserAt(index);
    this.idp.account = name;
    await browser.visit(`${ORIGIN}/login/idp`);
    return browser;
  }

  /** A login of theirs that waits for a second factor. */
  async waiting(name: string, index: 0 | 1) {
    const browser = await this.logIn(name, index);
    const { ticket } = (await this.post(browser, '/login/answer')).body;
    return { browser, ticket };
  }

  async post(browser: TestBrowser, path: string, body?: object, headers?: Record<string, string>) {
    const response = await browser.post(ORIGIN + path, body, headers);
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) } as Answer;
  }

  /** An authenticator app of theirs, which they have just enrolled, and their session. */
  async enrol(name: string) {
    for (const users of this.#users()) await users.add(subjectOf(name));
    const browser = this.browserAt(0);
    const login = await this.post(browser, '/auth/login', { username: subjectOf(name), password: PASSWORD });
    const headers = { authorization: `Bearer ${login.body.access_token}` };
    const { id = '', secret = '' } = (await this.post(browser, '/auth/factors/totp', {}, headers)).body;
    const app = new Authenticator(id, secret, Date.now);
    await this.post(browser, `/auth/factors/${id}/confirm`, { code: app.code() }, headers);
    return { app, headers, browser };
  }

  /** The other issuer says that somebody has logged out there. @returns the status */
  async logOut(claims: JWTPayload, index: 0 | 1): Promise<number> {
    const standing = { iss: this.idp.issuer, aud: 'parcels', iat: Math.floor(Date.now() / 1000) };
    const token = await this.idp.sign(
      { ...standing, jti: randomUUID(), events: { [LOGOUT]: {} }, ...claims },
      { typ: 'logout+jwt' },
    );
    const body = new URLSearchParams({ logout_token: token });
    const response = await this.apps[index].fetch('/login/idp/backchannel-logout', { method: 'POST', body });
    await response.arrayBuffer();
    return response.status;
  }

  #users(): SignOnUsers[] {
    return this.apps.map(({ app }) => app.get(SignOnUsers, { strict: false }));
  }

  /** Both have the same users. */
  async #create(profile: UpstreamProfile): Promise<DirectoryUser | undefined> {
    this.created.push(profile);
    await this.beforeCreation();
    const subject = subjectOf(profile.sub);
    for (const users of this.#users()) await users.add(subject);
    return this.#users()[0]?.find(subject);
  }
}

export function subjectOf(name: string): string {
  return `from-idp-${name}`;
}

/** What holds for any storage that instances share. */
export function singleSignOnHolds(instances: TwoInstances): void {
  const refresh = async (browser: TestBrowser) => (await instances.post(browser, '/auth/refresh')).status;
  const prove = (browser: TestBrowser, ticket: string | undefined, app: Authenticator) =>
    instances.post(browser, '/auth/mfa', { ticket, factor: 'totp', code: app.code(1) });

  it('a logout there that one hears of ends what was begun on the other', async () => {
    const [browser, bystander] = [await instances.logIn('ada', 1), await instances.logIn('bob', 1)];
    const { access_token } = (await instances.post(browser, '/auth/refresh')).body;
    expect(await instances.logOut({ sub: 'ada' }, 0)).toBe(200);
    expect([await refresh(browser), await refresh(bystander)]).toEqual([401, 200]);
    const headers = { authorization: `Bearer ${access_token}` };
    expect(await instances.apps[0].statusOf('/user', headers)).toBe(401);
  }, 30_000);

  it('a logout there ends a login that waits for a factor on the other, and none that comes later', async () => {
    const { app } = await instances.enrol('cleo');
    const { browser, ticket } = await instances.waiting('cleo', 1);
    expect(ticket).toEqual(expect.any(String));
    expect(await instances.logOut({ sub: 'cleo', sid: 'another session there' }, 0)).toBe(200);
    expect(await instances.logOut({ sub: 'dan' }, 0)).toBe(200);
    expect((await instances.post(browser, '/auth/mfa', { ticket })).status).toBe(200);
    expect(await instances.logOut({ sub: 'cleo' }, 0)).toBe(200);
    const late = await prove(browser, ticket, app);
    expect([late.status, late.body.code]).toEqual([401, 'invalid_login_ticket']);
    const next = await instances.waiting('cleo', 1);
    expect((await prove(next.browser, next.ticket, app)).status).toBe(200);
  }, 30_000);

  it('a link that is removed on one ends a login by it that waits on the other', async () => {
    const { app, headers, browser } = await instances.enrol('eve');
    await instances.waiting('eve', 0);
    const { ticket, browser: late } = await instances.waiting('eve', 1);
    const proven = await instances.post(
      browser,
      '/auth/step-up',
      { factor: 'totp', code: app.code(1) },
      headers,
    );
    const fresh = { authorization: `Bearer ${proven.body.access_token}` };
    for (const { app: running } of instances.apps)
      running.get(SignOnUsers, { strict: false }).withPassword.add(subjectOf('eve'));
    const removed = await instances.apps[0].send('DELETE', '/auth/links/idp', fresh);
    expect(removed.status).toBe(204);
    const refused = await instances.post(late, '/auth/mfa', { ticket, factor: 'recovery-codes', code: 'x' });
    expect([refused.status, refused.body.code]).toEqual([401, 'invalid_login_ticket']);
  }, 30_000);

  it('an account is made once for all who come for the first time at once', async () => {
    instances.idp.account = 'fay';
    const browsers = Array.from({ length: 8 }, (_, index) => instances.browserAt((index % 2) as 0 | 1));
    await Promise.all(browsers.map((browser) => browser.visit(`${ORIGIN}/login/idp`)));
    expect(instances.created.filter(({ sub }) => sub === 'fay')).toHaveLength(1);
    for (const browser of browsers) expect(await refresh(browser)).toBe(200);
  }, 30_000);

  it('an account that could not be made is made by the next login', async () => {
    instances.beforeCreation = () => Promise.reject(new Error('the database is away'));
    const refused = await instances.logIn('gus', 0);
    instances.beforeCreation = async () => {};
    expect(await refresh(refused)).toBe(401);
    expect(await refresh(await instances.logIn('gus', 1))).toBe(200);
  }, 30_000);
}
