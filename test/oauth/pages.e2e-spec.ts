import * as client from 'openid-client';
import { describeOnPlatforms } from '../support/running-app.js';
import { Users } from '../support/users.js';
import { AS_PAGE, Browser } from './browser.js';
import { CALLBACK } from './oauth-app.js';
import { ServerUnderTest } from './server-support.js';

const GERMAN = {
  errorTitle: 'Das ging nicht',
  loggedOutTitle: 'Abgemeldet',
  goOn: 'Weiter',
  deviceQuestion: 'Darf {client} das?',
  scopes: { openid: 'Wissen, wer Sie sind', 'parcels:read': 'Ihre Pakete sehen' },
};

describeOnPlatforms('the pages that the server shows by itself on %s', (running) => {
  const server = new ServerUnderTest(running);
  beforeAll(async () => {
    await server.start({ server: { texts: { de: GERMAN } } });
    await running.app.get(Users, { strict: false }).add('bob');
  });

  let browser: Browser;
  beforeEach(() => {
    browser = new Browser(server.url);
  });

  const at = (path: string) => `${server.url}/oauth/${path}`;
  const post = (path: string, fields: Record<string, string>) =>
    browser.fetch(at(path), {
      method: 'POST',
      ...AS_PAGE,
      body: new URLSearchParams(fields),
    });
  const authorizeUrl = async (clientId: string, parameters: Record<string, string> = {}) =>
    client.buildAuthorizationUrl(await server.discover(clientId), {
      redirect_uri: CALLBACK,
      scope: 'openid parcels:read',
      code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      ...parameters,
    });
  /** What a page of the provider's leads to when its only form is sent. */
  const sendForm = async (page: string) => {
    const [, action = ''] = /<form [^>]*action="([^"]+)"/.exec(page) ?? [];
    const fields = [...page.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name, value]) => [name, value] as [string, string],
    );
    return browser.fetch(action, { method: 'POST', ...AS_PAGE, body: new URLSearchParams(fields) });
  };
  const begunDevice = async () => {
    const response = await client.initiateDeviceAuthorization(await server.discover('scale'), {
      scope: 'parcels:read offline_access',
    });
    return response.user_code;
  };
  const typed = async (fields: Record<string, string>) => {
    const { text } = await typedAt(browser);
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(text) ?? [];
    return post('device', { xsrf, ...fields });
  };

  /** Each page there is, by what leads to it. */
  const PAGES: Record<string, () => Promise<Response>> = {
    'a request without anything': () => browser.fetch(at('authorize')),
    'a client that is none': () => browser.fetch(at('authorize?client_id=nobody&response_type=code')),
    'a redirect to elsewhere': async () =>
      browser.fetch(await authorizeUrl('pages', { redirect_uri: 'https://evil.example/' })),
    'an interaction that is over': () => browser.fetch(at('authorize/nothing')),
    'a device that is over': () => browser.fetch(at('device/nothing')),
    'the form of a device': () => browser.fetch(at('device')),
    'a link of a device': async () => (await browser.visit(at('device?user_code=BCDF-GHJK'))) as Response,
    'a wrong code': () => typed({ user_code: 'BCDF-GHJK' }),
    'the question of a device': async () => typed({ user_code: await begunDevice() }),
    'a device that is refused': async () => typed({ user_code: await begunDevice(), abort: 'yes' }),
    'a form of a device without its secret': () => post('device', { user_code: 'BCDF-GHJK' }),
    'a logout of nobody': () => browser.fetch(at('logout')),
    'a logout with a token that is none': () => browser.fetch(at('logout?id_token_hint=x.y.z'), AS_PAGE),
    'a logout that nobody has asked for': () => post('logout/confirm', { logout: 'yes' }),
    'a logout that is over': () => browser.fetch(at('logout/success')),
    'a logout of somebody': async () => {
      await server.authorize(await server.discover('pages'), {}, browser);
      return browser.fetch(at('logout'));
    },
    'an answer by a form': async () => {
      const url = await authorizeUrl('pages', { response_mode: 'form_post', state: `"><img src=x>'` });
      return (await browser.visit(url)) as Response;
    },
    'a refusal by a form': async () => {
      const url = await authorizeUrl('pages', { response_mode: 'form_post', prompt: 'none' });
      return (await browser.visit(url)) as Response;
    },
    'somebody else who logs in': () => bobAfterAda(browser),
  };

  const bobAfterAda = async (of: Browser) => {
    await server.authorize(await server.discover('pages'), {}, of);
    const bob = new Browser(server.url, 'bob');
    of.accessToken = await bob.logIn();
    return (await of.visit(await authorizeUrl('shop', { prompt: 'login' }))) as Response;
  };
  const typedAt = async (of: Browser) => {
    const page = (await of.visit(at('device'))) as Response;
    return { page, text: await page.text() };
  };

  it.each(Object.keys(PAGES))('are ours for %s: nothing runs, is fetched, or frames them', async (name) => {
    const response = await (PAGES[name] as () => Promise<Response>)();
    const header = (key: string) => response.headers.get(key) ?? '';
    const text = await response.text();
    expect([header('content-type'), text]).toEqual([
      expect.stringMatching(/^text\/html/),
      expect.stringMatching(/^<!doctype html><html lang="en">/),
    ]);
    const byScript = / by a form$/.test(name);
    const script = byScript ? "script-src 'sha256-[\\w+/=]+'; " : '';
    expect(header('content-security-policy')).toMatch(
      new RegExp(
        `^default-src 'none'; ${script}style-src 'sha256-[\\w+/=]+'; frame-ancestors 'none'; base-uri 'none'$`,
      ),
    );
    expect(header('cache-control')).toContain('no-store');
    expect(header('referrer-policy')).toBe('no-referrer');
    expect(header('x-frame-options')).toBe('DENY');
    expect(text).not.toMatch(/ on\w+=| style=|src=x>|(?:src|href)="|@import|url\(/);
    expect(text.includes('<script')).toBe(byScript);
    // Whoever runs no scripts has a button.
    if (text.includes('<form')) expect(text).toContain('<button>');
  });

  it('speak the language of the browser, or the one that the client asks for', async () => {
    const german = { headers: { 'accept-language': 'de-AT,en;q=0.5' } };
    const texts = async (path: string, init = {}) => (await browser.fetch(at(path), init)).text();
    expect(await texts('authorize', german)).toMatch(/lang="de".*Das ging nicht/);
    expect(await texts('authorize', { headers: { 'accept-language': 'fr' } })).toContain('lang="en"');
    expect(await texts('authorize?ui_locales=fr%20de')).toContain('Das ging nicht');
    expect(await texts('logout/success', german)).toContain('Abgemeldet');
    expect(await texts('logout', german)).toContain('Weiter');
    const response = await browser.fetch(at('logout/success'), german);
    expect(response.headers.get('vary')).toContain('Accept-Language');
  });

  it('say in it what a client may do, with what is asked of the server itself', async () => {
    const first = await browser.fetch(
      await authorizeUrl('pages', {
        scope: 'openid offline_access parcels:read parcels:write made:up',
        prompt: 'consent',
        ui_locales: 'de',
      }),
    );
    const second = await browser.fetch(new URL(first.headers.get('location') as string, server.url));
    const page = new URL(second.headers.get('location') as string);
    expect(page.searchParams.get('ui_locales')).toBe('de');
    expect(await browser.detailsOf(page.searchParams.get('interaction') as string)).toEqual({
      prompt: 'login',
      client: { id: 'pages', name: 'Some Pages' },
      scopes: [
        { scope: 'openid', description: 'Wissen, wer Sie sind' },
        { scope: 'offline_access', description: 'Do so also while you are not logged in' },
        { scope: 'parcels:read', description: 'Ihre Pakete sehen' },
        { scope: 'parcels:write', description: 'Send parcels' },
      ],
      ...{ resources: ['https://api.example'], access_token_seconds: 900, offline_seconds: 2_592_000 },
      ui_locales: 'de',
    });
  });

  it('lead on from a logout of nobody, and from a login of somebody else', async () => {
    const out = await sendForm(await (await browser.fetch(at('logout'))).text());
    expect(out.headers.get('location')).toContain('/oauth/logout/success');
    const again = await sendForm(await (await bobAfterAda(browser)).text());
    const place = (await browser.visit(new URL(again.headers.get('location') as string, server.url))) as URL;
    expect(place.searchParams.get('code')).toMatch(/^\S+$/);
    expect(browser.asked.at(-1)).toMatchObject({ subject: 'bob' });
  });

  it('refuse texts that are not by language', async () => {
    await expect(
      new ServerUnderTest(running).start({ server: { texts: { logoutTitle: 'Bye' } as never } }),
    ).rejects.toThrow('texts: logoutTitle is no tag of a language');
  });
});
