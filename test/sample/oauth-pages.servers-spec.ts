import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { OAuthClients } from '@portcullis/auth';
import * as openid from 'openid-client';
import type { Page } from 'playwright-core';
import { runClientDemo } from '../../apps/sample/src/demo/client/client-demo.js';
import { runIotDemo } from '../../apps/sample/src/demo/iot/iot-demo.js';
import { oneChromium } from '../support/chromium.js';
import { beginMinute, turnForward } from '../support/clock.js';
import { Authenticator } from '../support/mfa-client.js';
import { platforms } from '../support/platforms.js';
import { type RunningSample, startSample } from './running-sample.js';
import { logInAt, visitor } from './sample-pages.js';

const EVIL_NAME = '<img src=x onerror="document.title=1"><b>Bank</b> "&\'';

const browser = oneChromium();

describe.each(platforms)('the pages of the authorization server of the sample on %s', (adapter) => {
  let sample: RunningSample;
  let page: Page;
  let complaints: string[];
  let close: () => Promise<void>;
  /** Where browsers come back to. */
  let callback: string;
  /** What they bring in a form. */
  let posted: string | undefined;
  const client = createServer(async (request, response) => {
    if (request.method === 'POST') posted = await text(request);
    response.end('the client');
  });
  beforeAll(async () => {
    beginMinute();
    sample = await startSample(adapter);
    client.listen(0, '127.0.0.1');
    await once(client, 'listening');
    callback = `http://127.0.0.1:${(client.address() as AddressInfo).port}/callback`;
  });
  afterAll(async () => {
    client.close();
    client.closeAllConnections();
    await sample?.app.close();
  });
  const begin = async (language?: string) => {
    const visit = await visitor(browser(), language);
    ({ page, complaints } = visit);
    close = () => visit.context.close();
  };
  beforeEach(() => begin());
  afterEach(async () => {
    await close();
    expect(complaints).toEqual([]);
  });

  const shown = (text: string) => page.getByText(text).first().waitFor();
  const authorizeUrl = async (parameters: Record<string, string> = {}) => {
    const verifier = openid.randomPKCECodeVerifier();
    const url = new URL(`${sample.issuer}/oauth/authorize`);
    const asked = {
      ...{ client_id: 'demo', redirect_uri: callback, response_type: 'code' },
      ...{ scope: 'openid parcels:read', state: openid.randomState(), code_challenge_method: 'S256' },
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      ...parameters,
    };
    url.search = new URLSearchParams(asked).toString();
    return url.href;
  };
  const arrived = () => page.waitForURL(`${callback}?**`).then(() => new URL(page.url()));

  it('lead from the demo client by login and consent to a token, and ask for the login once', async () => {
    const story = async (act: (page: Page) => Promise<void>) => {
      const lines: string[] = [];
      let opened: Promise<unknown> = Promise.resolve();
      await runClientDemo({ issuer: sample.issuer }, (line) => {
        lines.push(line);
        if (line.startsWith(sample.issuer)) opened = page.goto(line).then(() => act(page));
      });
      await opened;
      return lines;
    };
    const first = await story(async () => {
      await shown('Log in to go on to');
      expect(await page.locator('#client').textContent()).toBe('Demo client');
      await logInAt(page, sample.demo.dispatcher);
      await shown('wants to act for you');
      expect(new URL(page.url()).pathname).toBe('/consent');
      expect(await page.locator('#scopes li').allTextContents()).toEqual(['know who you are', 'see parcels']);
      expect(await page.locator('#subject').textContent()).toBe('dispatcher');
      expect(await page.locator('#stranger').isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Allow', exact: true }).click();
      await shown('You can close this page');
    });
    expect(first.at(-2)).toBe('dispatcher has allowed it: a token with parcels:read');
    expect(first.at(-1)).toMatch(/GET \S+: 200 .*Ada Lovelace/);
    // Any program could pretend to be a native client (RFC 8252 section 8.6): its user is asked each time.
    const again = await story(async () => {
      expect(new URL(page.url()).pathname).toBe('/consent');
      await page.locator('#allow').click();
      await shown('You can close this page');
    });
    expect(again.at(-1)).toContain(': 200 ');

    const { username, password } = sample.demo.dispatcher;
    const body = JSON.stringify({ username, password });
    const json = { 'content-type': 'application/json' };
    const login = await fetch(`${sample.issuer}/auth/login`, { method: 'POST', headers: json, body });
    const { access_token } = (await login.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${access_token}` };
    const consents = async () => (await fetch(`${sample.issuer}/auth/consents`, { headers })).json();
    expect(await consents()).toMatchObject({ consents: [{ clientId: 'demo', clientName: 'Demo client' }] });
    const taken = await fetch(`${sample.issuer}/auth/consents?clientId=demo`, { method: 'DELETE', headers });
    expect(taken.status).toBe(204);
    expect(await consents()).toEqual({ consents: [] });
  }, 60_000);

  it('speak the language of the browser', async () => {
    await close();
    await begin('de-AT');
    await page.goto(await authorizeUrl());
    await shown('Anmelden und weiter zu');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await logInAt(page, { username: 'dispatcher', password: 'wrong' });
    await page.locator('#message').filter({ hasText: /\S/ }).waitFor();
    await logInAt(page, sample.demo.dispatcher);
    await shown('Erlauben Sie das?');
    await page.locator('#question').waitFor();
    expect(await page.locator('#scopes li').allTextContents()).toEqual([
      'wissen, wer Sie sind',
      'Pakete sehen',
    ]);
    // So do those of the server itself.
    await page.goto(`${sample.issuer}/oauth/logout`);
    await shown('Möchten Sie sich auch bei der Paketzustellung abmelden?');
    await page.goto(`${sample.issuer}/oauth/device?ui_locales=en`);
    await shown('Type the code that the device shows.');
  }, 60_000);

  it('lead on where the provider would send a form by a script of its own', async () => {
    await page.goto(`${sample.issuer}/oauth/logout`);
    await page.getByRole('button', { name: 'Go on' }).click();
    await shown('You are logged out');
    posted = undefined;
    await page.goto(await authorizeUrl({ response_mode: 'form_post', state: 'x"<&' }));
    await logInAt(page, sample.demo.dispatcher);
    await page.locator('#allow').click();
    await page.waitForURL(callback);
    expect(new URLSearchParams(posted).get('state')).toBe('x"<&');
    expect(new URLSearchParams(posted).get('code')).toMatch(/^\S+$/);
  }, 60_000);

  it('ask for a second factor where the client does, and have it added where there is none', async () => {
    await page.goto(await authorizeUrl({ acr_values: 'mfa', state: 'x' }));
    await logInAt(page, sample.demo.driver);
    await shown('asks for a second factor');
    await page.getByRole('button', { name: 'Add an authenticator app' }).click();
    const secret = await page.locator('#totp-secret').filter({ hasText: /\S/ }).textContent();
    await page.locator('#totp-form [name=code]').fill(new Authenticator('', secret ?? '', Date.now).code());
    await page.getByRole('button', { name: 'Confirm' }).click();
    const codes = page.locator('#recovery-codes').filter({ hasText: /\S/ });
    const [code = ''] = ((await codes.textContent()) ?? '').split('\n');
    await page.locator('#go-on').click();
    await shown('Prove that it is you');
    await page.getByLabel('With').selectOption({ label: 'Recovery codes' });
    await page.locator('#code-form [name=code]').fill(code);
    await page.locator('#code-form button').click();
    await page.locator('#allow').click();
    expect((await arrived()).searchParams.get('code')).toMatch(/^\S+$/);
  }, 60_000);

  it('take no for an answer', async () => {
    await page.goto(await authorizeUrl({ state: 'mine', scope: 'openid reports:read' }));
    await logInAt(page, sample.demo.dispatcher);
    await shown('read reports');
    await page.getByRole('button', { name: 'Do not allow' }).click();
    const { searchParams } = await arrived();
    expect([searchParams.get('error'), searchParams.get('state'), searchParams.get('code')]).toEqual([
      ...['access_denied', 'mine', null],
    ]);
  }, 60_000);

  it('show what clients call themselves, and send along, as text', async () => {
    const { clientId } = await sample.app.get(OAuthClients).create({
      ...{ name: EVIL_NAME, kind: 'browser', redirectUris: [callback], scopes: ['parcels:read'] },
    });
    const state = `"><script>document.title=1</script>${EVIL_NAME}`;
    const asked = { client_id: clientId, state };
    await page.goto(await authorizeUrl({ ...asked, login_hint: EVIL_NAME }));
    await shown('Log in to go on to');
    expect(await page.locator('#client').textContent()).toBe(EVIL_NAME);
    expect(await page.locator('[name=username]').inputValue()).toBe(EVIL_NAME);
    await logInAt(page, sample.demo.dispatcher);
    await shown('wants to act for you');
    expect(await page.locator('#client').textContent()).toBe(EVIL_NAME);
    expect(await page.locator('img, b, script:not([src])').count()).toBe(0);
    expect(await page.title()).toBe('Do you allow this?');
    await page.locator('#allow').click();
    expect((await arrived()).searchParams.get('state')).toBe(state);
  }, 60_000);

  it.each([
    ['en-GB', 'nobody here has checked it. You are sent back to'],
    ['de-AT', 'niemand hier hat ihn geprüft. Sie kommen zurück zu'],
  ])(
    'say where a client leads that has named itself, in %s',
    async (language, words) => {
      await close();
      await begin(language);
      const { clientId } = await sample.app.get(OAuthClients).create({
        ...{ name: 'Your Bank', kind: 'browser', redirectUris: [callback], scopes: ['parcels:read'] },
        isRegistered: true,
      });
      await page.goto(await authorizeUrl({ client_id: clientId }));
      await logInAt(page, sample.demo.dispatcher);
      await shown('Your Bank');
      await shown(words);
      expect(await page.locator('#redirect-host').textContent()).toBe(new URL(callback).host);
    },
    60_000,
  );

  it('allow nothing by being opened, and nothing to whoever made people double-click', async () => {
    await page.goto(await authorizeUrl({ scope: 'openid parcels:write' }));
    await logInAt(page, sample.demo.dispatcher);
    await shown('register parcels');
    const { href } = new URL(page.url());
    const id = new URL(href).searchParams.get('interaction');
    const cookie = (await page.context().cookies(`${sample.issuer}/oauth/interaction/${id}`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const call = (method: string, path: string, headers: Record<string, string> = {}) =>
      fetch(`${sample.issuer}/oauth/interaction/${id}/${path}`, {
        ...{ method, headers: { cookie, ...headers }, redirect: 'manual' },
        ...(method === 'POST' && { body: '{}' }),
      });
    const json = { 'content-type': 'application/json' };
    expect((await call('GET', 'consent')).status).toBe(404);
    expect((await call('POST', 'consent', { 'content-type': 'text/plain' })).status).toBe(403);
    expect((await call('POST', 'consent', { ...json, origin: 'https://evil.example' })).status).toBe(403);
    expect((await call('POST', 'consent', { ...json, 'sec-fetch-site': 'same-site' })).status).toBe(403);
    const elsewhere = await visitor(browser());
    await elsewhere.page.goto(href);
    await elsewhere.page.getByText('answered or too old').waitFor();
    await elsewhere.context.close();
    // Back in front: the buttons wait before they can be pressed.
    const isDisabled = await page.evaluate(() => {
      const scope = globalThis as unknown as {
        dispatchEvent(event: Event): void;
        document: { querySelector(name: string): { disabled: boolean } };
      };
      scope.dispatchEvent(new Event('focus'));
      return scope.document.querySelector('#allow').disabled;
    });
    expect(isDisabled).toBe(true);
    await page.locator('#allow').click();
    expect((await arrived()).searchParams.get('code')).toMatch(/^\S+$/);
  }, 60_000);

  it('go nowhere for whoever makes up an interaction', async () => {
    for (const made of [
      '../../auth/logout',
      'https://evil.example',
      '//evil.example',
      '%00',
      'x'.repeat(43),
      '',
    ])
      for (const path of ['/login', '/consent']) {
        await page.goto(`${sample.issuer}${path}?${new URLSearchParams({ interaction: made })}`);
        await shown('answered or too old');
        expect(new URL(page.url()).origin).toBe(sample.issuer);
      }
  }, 60_000);

  it('run nothing that is in them, are framed by nobody, and tell nobody where they were', async () => {
    for (const path of ['/login', '/consent', '/oauth/device', '/oauth/authorize'])
      await demandStrictness(await fetch(sample.issuer + path, { headers: { accept: 'text/html' } }));
  });

  it('let a sensor in, which has a key of its own', async () => {
    const lines: string[] = [];
    const polled: number[] = [];
    const letIn = async () => {
      const [, place = '', code = ''] = /^Open (\S+) and type (\S+)$/.exec(lines[1] ?? '') ?? [];
      await page.goto(place);
      // As people type it.
      await page.locator('[name=user_code]').fill(code.toLowerCase().replace('-', ' '));
      await page.getByRole('button', { name: 'Go on' }).click();
      await shown('do you want to let Demo sensor in');
      await shown('see parcels');
      await shown(code);
      await page.getByRole('button', { name: 'Let it in', exact: true }).click();
      await shown('Log in to go on to');
      await logInAt(page, sample.demo.dispatcher);
      await page.locator('#allow').click();
      await shown('The device is let in');
    };
    // It says that it waits, and does: first for somebody who decides, then as long as the server has it.
    const pause = async (seconds: number) => {
      polled.push(seconds);
      if (polled.length === 2) return;
      if (polled.length === 3) await letIn();
      turnForward(seconds);
    };
    await runIotDemo({ issuer: sample.issuer, rounds: 1, pause }, (line) => lines.push(line));
    expect(lines.slice(2)).toEqual([
      'authorization_pending: once more in 5 s',
      'slow_down: once more in 10 s',
      expect.stringMatching(/^Let in, with a token of type DPoP and \d+ bytes$/),
      ...['GET /parcels with a proof: 200', 'Refreshed, with a proof of the same key'],
      ...[
        'GET /parcels with a proof: 200',
        'Somebody reads the refresh token out of the memory of the sensor.',
      ],
      'With another key it gets invalid_grant',
    ]);
    expect(polled).toEqual([5, 5, 10]);
  }, 90_000);

  it('say in words that a request makes no sense, and go on to no address that is not the client’s', async () => {
    await page.goto(await authorizeUrl({ redirect_uri: 'https://evil.example/callback' }));
    await shown('This did not work');
    expect(new URL(page.url()).origin).toBe(sample.issuer);
  });

  it('end a login in the browser only by a button', async () => {
    await page.goto(await authorizeUrl({ scope: 'openid' }));
    await logInAt(page, sample.demo.admin);
    await page.locator('#allow').click();
    await arrived();
    const response = await page.goto(`${sample.issuer}/oauth/logout`);
    await demandStrictness(new Response(await response?.text(), { headers: response?.headers() ?? {} }));
    await shown('log out of parcel delivery');
    await page.getByRole('button', { name: 'Log out' }).click();
    await shown('You are logged out');
    await page.goto(await authorizeUrl({ scope: 'openid' }));
    await shown('Log in to go on to');
  }, 60_000);
});

async function demandStrictness(response: Response): Promise<void> {
  const header = (name: string) => response.headers.get(name) ?? '';
  const policy = header('content-security-policy');
  for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
    expect([response.url, policy]).toEqual([response.url, expect.stringContaining(rule)]);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(header('referrer-policy')).toBe('no-referrer');
  expect(header('cache-control')).toContain('no-store');
  const text = await response.text();
  expect(text).toMatch(/<html lang="en">/);
  expect(text).not.toMatch(/ on\w+=|<script(?! type="module" src="\/pages\/)| style=|(?:src|href)="(?!\/)/);
}
