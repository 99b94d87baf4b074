import type { INestApplication } from '@nestjs/common';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/single-sign-on.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { UsersService } = await load('users.service.ts');
const browser = await load('single-sign-on.ts');

const PASSWORD = 'correct horse';
const TAKEN = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };

afterAll(laidOut.remove);

describe.each(platforms)('the guide to single sign-on on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
    await app.get(UsersService, { strict: false }).register('ada', PASSWORD);
  });
  afterEach(() => app.close());

  it('has an app that sends people to GitHub', async () => {
    const response = await fetch(`${url}/login/github?return_to=/parcels`, { redirect: 'manual' });
    const location = new URL(response.headers.get('location') ?? '');
    expect([response.status, location.origin]).toEqual([302, 'https://github.com']);
    expect(location.searchParams.get('redirect_uri')).toBe('http://localhost:3000/login/github/callback');
  });

  it('has a script that links accounts, takes logins up and logs out', async () => {
    const body = JSON.stringify({ username: 'ada', password: PASSWORD });
    const login = await fetch(`${url}/auth/login`, { method: 'POST', headers: TAKEN, body });
    const { access_token } = (await login.json()) as { access_token: string };
    const visited = await inBrowser(url, async () => {
      expect(await browser.takeUpLogin()).toBeUndefined();
      await browser.linkAccount('github', access_token);
      await browser.logOut('github', access_token);
    });
    expect(visited).toEqual([expect.stringContaining('https://github.com/login/oauth/authorize?'), '/']);
  });

  it('makes one account of one person, and says who has a password', async () => {
    const users = app.get(UsersService, { strict: false });
    const profile = {
      provider: 'google',
      iss: 'https://accounts.google.com',
      sub: '1',
      isEmailVerified: true,
    };
    const [one, two] = [await users.createFor(profile), await users.createFor(profile)];
    expect(one.subject).toBe(two.subject);
    expect([await users.hasPassword('u0'), await users.hasPassword(one.subject)]).toEqual([true, false]);
  });
});

/** As a page of the app. @returns where it has gone */
async function inBrowser(url: string, use: () => Promise<void>): Promise<string[]> {
  const visited: string[] = [];
  const { fetch } = globalThis;
  const members = {
    fetch: (path: string, init: RequestInit) => {
      const headers = new Headers(init.headers);
      headers.set('sec-fetch-site', 'same-origin');
      return fetch(new URL(path, url), { ...init, headers });
    },
    location: { pathname: '/account', assign: (target: string) => visited.push(target) },
  };
  const before = Object.getOwnPropertyDescriptors(globalThis);
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  try {
    await use();
  } finally {
    for (const name of Object.keys(members)) {
      const descriptor = before[name as never];
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  }
  return visited;
}
