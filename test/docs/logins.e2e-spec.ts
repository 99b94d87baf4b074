import type { INestApplication } from '@nestjs/common';
import { PortcullisModule } from '@portcullis/auth';
import { inParallel, type Shot } from '../support/bursts.js';
import { beginMinute } from '../support/clock.js';
import { ownTokens } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/logins.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { AppModule } = await load('app.module.ts');
const { ARGON2ID } = await load('argon2id.ts');
const { AccountsService } = await load('accounts.service.ts');
const { LoginController } = await load('login.controller.ts');
const { bans } = await load('bans.ts');

const PASSWORD = 'correct horse';

afterAll(laidOut.remove);

function login(username: string, password: unknown, from: string): Shot {
  return {
    method: 'POST',
    path: '/auth/login',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
    body: JSON.stringify({ username, password }),
  };
}

const many = (count: number, shot: (index: number) => Shot) =>
  Array.from({ length: count }, (_, index) => shot(index));
const count = (statuses: readonly number[], status: number) =>
  statuses.filter((other) => other === status).length;

describe.each(platforms)('the guide to logins on %s', (platform) => {
  let app: INestApplication;
  let url: string;

  beforeEach(async () => {
    beginMinute();
    ({ app, url } = await boot(platform, { imports: [AppModule] }));
    await app.get(AccountsService).register('ada', PASSWORD, ['parcels:read']);
  });

  afterEach(() => app.close());

  const statusOf = async (shot: Shot) => (await inParallel(url, [shot]))[0];

  it('lets in by the right password, and says the same of a wrong one and an unknown name', async () => {
    const answerTo = async ({ path, method, headers, body = '' }: Shot) => {
      const response = await fetch(url + path, { method, headers, body });
      return { status: response.status, body: await response.json() };
    };
    const right = await answerTo(login('ada', PASSWORD, '203.0.113.1'));
    expect(right.status).toBe(200);
    expect(right.body).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) });
    const wrong = await answerTo(login('ada', 'battery staple', '203.0.113.1'));
    expect(wrong.status).toBe(401);
    expect(await answerTo(login('nobody', PASSWORD, '203.0.113.1'))).toEqual(wrong);
  });

  it('bans after ten failures, one after another, and counts no wrong body among them', async () => {
    const from = '203.0.113.2';
    for (let index = 0; index < 12; index++) expect(await statusOf(login('ada', ['x'], from))).toBe(400);
    for (let index = 0; index < 10; index++)
      expect(await statusOf(login(`user ${index}`, PASSWORD, from))).toBe(401);
    expect(await statusOf(login('ada', PASSWORD, from))).toBe(403);
    expect(await statusOf(login('ada', PASSWORD, '203.0.113.3'))).toBe(200);
  });

  it('tells ten of four hundred guesses at once', async () => {
    const shots = many(400, (index) => login(`user ${index}`, 'guess', '203.0.113.4'));
    const statuses = await inParallel(url, shots);
    expect(count(statuses, 401)).toBe(10);
    expect(count(statuses, 403) + count(statuses, 429)).toBe(390);
  });

  it('lets in twenty people of one office at once, of whom some wait', async () => {
    await app.get(AccountsService).register('bob', PASSWORD, []);
    const shots = many(20, (index) => login(index % 2 === 0 ? 'ada' : 'bob', PASSWORD, '203.0.113.5'));
    expect(count(await inParallel(url, shots), 200)).toBe(20);
  });

  it('lets who attacks one account from many networks wait, and not its owner at home', async () => {
    const home = '198.51.100.1';
    expect(await statusOf(login('ada', PASSWORD, home))).toBe(200);
    await inParallel(
      url,
      many(10, (index) => login('ada', 'guess', `203.0.113.${10 + index}`)),
    );
    const begin = performance.now();
    const timeOf = async (shot: Shot) => {
      expect(await statusOf(shot)).toBe(200);
      return performance.now() - begin;
    };
    const [elsewhere = 0, atHome = 0] = await Promise.all([
      timeOf(login('ada', PASSWORD, '198.51.100.2')),
      timeOf(login('ada', PASSWORD, home)),
    ]);
    expect(elsewhere).toBeGreaterThanOrEqual(990);
    expect(atHome).toBeLessThan(elsewhere);
  });

  it('bans after five failures where the rule says so', async () => {
    const limited = await boot(platform, {
      imports: [
        PortcullisModule.forRoot({
          ...{ tokens: ownTokens, passwords: { hasher: ARGON2ID }, bans },
          trustedProxies: ['127.0.0.1'],
        }),
      ],
      controllers: [LoginController],
      providers: [AccountsService],
    });
    const shots = many(20, (index) => login(`user ${index}`, 'guess', '203.0.113.6'));
    const statuses = await inParallel(limited.url, shots);
    expect([count(statuses, 401), count(statuses, 403)]).toEqual([5, 15]);
    await limited.app.close();
  });
});
