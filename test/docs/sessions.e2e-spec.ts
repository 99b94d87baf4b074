import type { INestApplication } from '@nestjs/common';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/sessions.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { UsersService } = await load('users.service.ts');
const browser = await load('browser.ts');

const [OLD, NEW] = ['correct horse', 'battery staple'];

afterAll(laidOut.remove);

describe.each(platforms)('the guide to sessions on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  beforeEach(async () => {
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
    await app.get(UsersService, { strict: false }).register('ada', OLD, ['parcels:read']);
  });
  afterEach(() => app.close());

  const send = async (method: string, path: string, body?: object, token?: string) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  const login = (password = OLD, device?: string) =>
    send('POST', '/auth/login', { username: 'ada', password, ...(device && { device }) });

  it('has the routes that it shows', async () => {
    const { body: phone } = await login(OLD, 'phone');
    const { body: laptop } = await login(OLD, 'laptop');
    const refreshed = await send('POST', '/auth/refresh', { refresh_token: phone.refresh_token });
    expect(refreshed).toMatchObject({
      status: 200,
      body: { session_id: phone.session_id, token_type: 'Bearer' },
    });
    const { body: listed } = await send('GET', '/auth/sessions', undefined, phone.access_token);
    expect(listed.sessions.map(({ device }: { device: string }) => device).sort()).toEqual([
      'laptop',
      'phone',
    ]);
    const end = `/auth/sessions/${laptop.session_id}`;
    expect((await send('DELETE', end, undefined, phone.access_token)).status).toBe(204);
    expect((await send('DELETE', '/auth/sessions?others=true', undefined, phone.access_token)).status).toBe(
      204,
    );
    expect((await send('POST', '/auth/logout', { everywhere: true }, phone.access_token)).status).toBe(204);
    expect((await send('GET', '/auth/sessions', undefined, phone.access_token)).status).toBe(401);
  });

  it('ends all other logins with a new password', async () => {
    const [{ body: mine }, { body: other }] = [await login(), await login()];
    const passwords = { username: 'ada', oldPassword: OLD, newPassword: NEW };
    const wrong = await send('PUT', '/password', { ...passwords, oldPassword: 'x' }, mine.access_token);
    expect(wrong.status).toBe(401);
    expect((await send('PUT', '/password', passwords, mine.access_token)).status).toBe(204);
    expect((await send('GET', '/auth/sessions', undefined, mine.access_token)).status).toBe(200);
    expect((await send('GET', '/auth/sessions', undefined, other.access_token)).status).toBe(401);
    expect([(await login()).status, (await login(NEW)).status]).toEqual([401, 200]);
  });
});

it('has a page that refreshes', async () => {
  const original = globalThis.fetch;
  const asked: unknown[] = [];
  globalThis.fetch = async (...request) => {
    asked.push(request);
    return Response.json({ access_token: 'a' });
  };
  try {
    expect(await browser.refresh()).toBe(true);
    await browser.api('/parcels');
  } finally {
    globalThis.fetch = original;
  }
  expect(asked).toEqual([
    ['/auth/refresh', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }],
    ['/parcels', { headers: { Authorization: 'Bearer a' } }],
  ]);
});
