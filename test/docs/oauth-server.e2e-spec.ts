import { decodeJwt } from 'jose';
import { Browser } from '../oauth/browser.js';
import { ServerUnderTest } from '../oauth/server-support.js';
import { freePort } from '../support/free-port.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';
import { RunningApp } from '../support/running-app.js';

const PAGE = 'docs/guides/oauth-server.md';
const DEVICE = 'docs/guides/iot-device.md';
const port = await freePort();
process.env.ISSUER = `http://127.0.0.1:${port}`;
const laidOut = await layOut(PAGE, DEVICE);
const { AppModule } = await importFrom(laidOut, PAGE)('app.module.ts');
const { UsersService } = await importFrom(laidOut, PAGE)('users.service.ts');
const page = await importFrom(laidOut, PAGE)('login-page.ts');
const { scale } = await importFrom(laidOut, DEVICE)('device-client.ts');
const { letIn } = await importFrom(laidOut, DEVICE)('device.ts');

afterAll(async () => {
  delete process.env.ISSUER;
  await laidOut.remove();
});

describe.each(platforms)('the guide to being an OAuth server on %s', (platform) => {
  it('has an app and a page by which somebody logs in for a partner', async () => {
    const { app, url } = await boot(platform, { imports: [AppModule] }, { port });
    try {
      await app.get(UsersService, { strict: false }).register('ada', 'correct horse');
      const browser = new Browser(url);
      const begun = await browser.fetch(
        `${url}/oauth/authorize?${new URLSearchParams({
          client_id: 'partner-app',
          response_type: 'code',
          redirect_uri: 'https://partner.example/callback',
          scope: 'openid parcels:read',
          code_challenge: 'c'.repeat(43),
          code_challenge_method: 'S256',
        })}`,
      );
      const place = await onPage(browser, begun.headers.get('location') as string, async () => {
        expect(await page.load()).toMatchObject({ prompt: 'login', client: { name: 'A Partner' } });
        await page.loggedIn(await browser.logIn());
      });
      const resumed = await browser.fetch(place);
      const end = await onPage(browser, resumed.headers.get('location') as string, async () => {
        expect(await page.load()).toMatchObject({
          scopes: [{ scope: 'openid' }, { description: 'See your parcels' }],
        });
        await page.agree();
      });
      const answered = await browser.fetch(end);
      expect(answered.headers.get('location')).toMatch(/^https:\/\/partner\.example\/callback\?code=/);
    } finally {
      await app.close();
    }
  });
});

it('shows a device that is let in by its user', async () => {
  const running = new RunningApp('express');
  const server = new ServerUnderTest(running);
  await server.start({ server: { clients: [scale] }, portcullis: { publicOrigins: [] } });
  const { setTimeout: wait } = globalThis;
  let confirmed: Promise<unknown> = Promise.resolve();
  // It asks once its user has answered, and not five seconds later.
  Object.assign(globalThis, {
    setTimeout: (call: () => void, ms: number) =>
      ms >= 5_000 && ms < 6_000 ? void confirmed.then(call) : wait(call, ms),
  });
  try {
    const tokens = await letIn(new URL(server.url), (address: string, code: string) => {
      expect(address).toBe(`${server.url}/oauth/device`);
      confirmed = new Browser(server.url).typeCode(code);
    });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      sub: 'ada',
      client_id: 'scale',
      cnf: { jkt: expect.any(String) },
    });
    expect(tokens.refresh_token).toEqual(expect.any(String));
  } finally {
    Object.assign(globalThis, { setTimeout: wait });
    await running.close();
  }
});

/** As a script of a page of the app. @returns where it goes on */
async function onPage(browser: Browser, from: string, use: () => Promise<void>): Promise<string> {
  const lead = await browser.fetch(new URL(from, browser.url));
  const { search } = new URL(lead.headers.get('location') as string);
  const { fetch } = globalThis;
  let next = '';
  const location = {
    search,
    assign: (place: string) => {
      next = place;
    },
  };
  Object.assign(globalThis, {
    location,
    fetch: (path: string, init?: RequestInit) =>
      path.startsWith('/') ? browser.fetch(browser.url + path, init) : fetch(path, init),
  });
  try {
    await use();
  } finally {
    Object.assign(globalThis, { fetch, location: undefined });
  }
  return next;
}
