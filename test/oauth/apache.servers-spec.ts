import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { Apache } from '../support/apache.js';
import { CookieJar } from '../support/cookie-jar.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { Browser } from './browser.js';
import { CLIENTS, SECRET } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

/** Apache knows nothing of us but the place of the metadata, an id and a secret. */
describeOnPlatforms('an Apache whose users log in at the authorization server on %s', (running) => {
  const server = new ServerUnderTest(running);
  let apache: Apache;
  beforeAll(async () => {
    // Jest hides from the provider what it guards its own requests with, of which it tells the console.
    jest.spyOn(console, 'warn').mockImplementation(() => {});
    apache = new Apache(await freePort());
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    await server.start({
      // Its library knows no EdDSA.
      signing: { signingKey: { ...(await exportJWK(privateKey)), alg: 'ES256' } },
      server: {
        clients: [
          ...CLIENTS,
          {
            clientId: 'apache',
            name: 'An Apache',
            kind: 'web',
            redirectUris: [`${apache.url}/callback`],
            postLogoutRedirectUris: [`${apache.url}/bye`],
            backchannelLogoutUri: `${apache.url}/callback?logout=backchannel`,
            secrets: [SECRET],
          },
        ],
        claimsOf: ({ subject }) => ({ name: `The ${subject}` }),
      },
    });
    await apache.start({
      ProviderMetadataURL: `${server.url}/.well-known/openid-configuration`,
      ClientID: 'apache',
      ClientSecret: SECRET,
      CryptoPassphrase: 'only for tests',
      PKCEMethod: 'S256',
      Scope: 'openid profile',
      RemoteUserClaim: 'name',
    });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await apache?.stop();
  });

  /** Somebody's browser at Apache, whose cookies the other site does not see. */
  class AtApache {
    readonly jar = new CookieJar();

    async fetch(url: URL | string): Promise<Response> {
      const response = await fetch(url, { redirect: 'manual', headers: { cookie: this.jar.toString() } });
      this.jar.keep(response);
      return response;
    }

    /** @returns where the server sends the browser that Apache has sent there */
    async goBy(url: string, browser: Browser): Promise<URL | Response> {
      const sent = (await this.fetch(url)).headers.get('location');
      if (sent === null || !sent.startsWith(server.url))
        throw new Error(`It leads to ${sent}: ${apache.log}`);
      return browser.visit(sent);
    }

    async logIn(browser: Browser): Promise<Response> {
      const back = await this.goBy(`${apache.url}/`, browser);
      if (!(back instanceof URL)) throw new Error(`A page: ${await back.text()}`);
      const next = (await this.fetch(back)).headers.get('location');
      if (next === null) throw new Error(`Apache refuses the login: ${apache.log}`);
      return this.fetch(next);
    }
  }

  const confirm = async (browser: Browser, page: Response) => {
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await page.text())?.[1] as string;
    const body = new URLSearchParams({ xsrf, logout: 'yes' });
    return browser.fetch(`${server.url}/oauth/logout/confirm`, { method: 'POST', body });
  };

  it('are let in, and logged out here when they log out there', async () => {
    const [visitor, browser] = [new AtApache(), new Browser(server.url)];
    const page = await visitor.logIn(browser);
    expect([page.status, await page.text()]).toEqual([200, 'What is shown to users']);
    expect(page.headers.get('x-user')).toMatch(/^The ada/);
    const question = await visitor.goBy(
      `${apache.url}/callback?logout=${encodeURIComponent(`${apache.url}/bye`)}`,
      browser,
    );
    const done = await confirm(browser, question as Response);
    expect(done.headers.get('location')).toBe(`${apache.url}/bye`);
    expect((await visitor.fetch(`${apache.url}/`)).status).toBe(302);
  });

  it('are logged out there when they log out here', async () => {
    const [visitor, browser] = [new AtApache(), new Browser(server.url)];
    expect((await visitor.logIn(browser)).status).toBe(200);
    await confirm(browser, (await browser.visit(`${server.url}/oauth/logout`)) as Response);
    // The other side is told when the session has ended.
    await eventually(async () => (await visitor.fetch(`${apache.url}/`)).status === 302);
    expect(running.events.of('oauth-server.failed')).toEqual([]);
  });
});
