import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Header } from '@nestjs/common';
import { PortcullisSessionsModule, Public } from '@portcullis/auth';
import { sqlite } from '@portcullis/sql/sqlite';
import type { BrowserContext, Page } from 'playwright-core';
import { oneChromium } from '../support/chromium.js';
import { noStrikes, ownTokens } from '../support/credentials.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { describeOnPlatforms } from '../support/running-app.js';
import { PASSWORD, QUICK_HASHER, Users, UsersModule } from '../support/users.js';

@Controller()
class PageController {
  @Public()
  @Get()
  @Header('Content-Type', 'text/html')
  page() {
    return '<!doctype html><title>Parcels</title>';
  }
}

const browser = oneChromium();

describeOnPlatforms('a browser on %s', (running) => {
  let context: BrowserContext;
  let origin: string;
  let folder: string;
  const start = async () => {
    const storage = sqlite({
      file: join(folder, 'store.db'),
      keyEncryptionKeys: [Buffer.alloc(32, 7).toString('base64')],
    });
    await running.start({
      portcullis: { tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER }, storage },
      imports: [
        UsersModule,
        PortcullisSessionsModule.register({
          users: Users,
          imports: [UsersModule],
          clientId: 'web',
          cookie: true,
        }),
      ],
      controllers: [PageController, PlainRoutesController],
    });
    await running.app.get(Users, { strict: false }).add('ada');
    origin = running.url.replace('127.0.0.1', 'localhost');
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-browser-'));
    await start();
    context = await browser().newContext();
  });
  afterEach(async () => {
    await context.close();
    await running.close();
    rmSync(folder, { recursive: true });
  });

  const tab = async (): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(origin);
    return page;
  };
  /** What a script of the page gets for a request with a JSON body. */
  const post = (page: Page, path: string, body: object = {}) =>
    page.evaluate(
      async ([to, text]) => {
        const headers = { 'Content-Type': 'application/json' };
        const response = await fetch(`/auth/${to}`, { method: 'POST', headers, body: text as string });
        const answer = await response.text();
        return { status: response.status, answer: answer === '' ? {} : JSON.parse(answer) };
      },
      [path, JSON.stringify(body)],
    );
  const login = (page: Page) => post(page, 'login', { username: 'ada', password: PASSWORD });
  const use = (page: Page, token: string) =>
    page.evaluate(async (bearer) => {
      const response = await fetch('/user', { headers: { Authorization: `Bearer ${bearer}` } });
      return response.status;
    }, token);

  it('stays logged in over a reload, and shows the refresh token to no script', async () => {
    const page = await tab();
    const { status, answer } = await login(page);
    expect([status, await use(page, answer.access_token)]).toEqual([200, 200]);
    await page.reload();
    const refreshed = await post(page, 'refresh');
    expect([refreshed.status, await use(page, refreshed.answer.access_token)]).toEqual([200, 200]);
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({
      name: '__Host-refresh',
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
    });
  });

  it('stays logged in over a restart of the app', async () => {
    const page = await tab();
    const { answer } = await login(page);
    await start();
    // Cookies are a host's, whatever its port.
    await page.goto(origin);
    const refreshed = await post(page, 'refresh');
    expect([refreshed.status, refreshed.answer.session_id]).toEqual([200, answer.session_id]);
    for (const { access_token } of [answer, refreshed.answer])
      expect(await use(page, access_token)).toBe(200);
  });

  it('goes on in two tabs that refresh at once, and logs out in both', async () => {
    const [one, other] = [await tab(), await tab()];
    await login(one);
    for (let round = 0; round < 3; round++) {
      const both = await Promise.all([one, other].map((page) => post(page, 'refresh')));
      expect(both.map(({ status }) => status)).toEqual([200, 200]);
    }
    const { answer } = await post(other, 'refresh');
    expect((await post(one, 'logout')).status).toBe(204);
    expect((await post(other, 'refresh')).status).toBe(401);
    expect(await use(other, answer.access_token)).toBe(401);
    expect(await context.cookies()).toEqual([]);
  });

  it('does nothing for a page of another site', async () => {
    const page = await tab();
    await login(page);
    const elsewhere = await context.newPage();
    await elsewhere.goto(running.url);
    for (const path of ['refresh', 'logout'])
      await elsewhere.evaluate(
        (url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' }),
        `${origin}/auth/${path}`,
      );
    expect((await post(page, 'refresh')).status).toBe(200);
  });
});
