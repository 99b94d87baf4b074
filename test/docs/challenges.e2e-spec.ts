import { createHash } from 'node:crypto';
import { type INestApplication, ValidationPipe } from '@nestjs/common';
import { BanService, PortcullisModule } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { ownTokens } from '../support/credentials.js';
import { importFrom, layOut } from '../support/pages.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { boot, platforms } from '../support/platforms.js';

const PAGE = 'docs/guides/challenges.md';
const laidOut = await layOut(PAGE);
const load = importFrom(laidOut, PAGE);
const { ChallengeController } = await load('challenge.controller.ts');
const { bans } = await load('bans.ts');

afterAll(laidOut.remove);

describe.each(platforms)('the guide to challenges on %s', (platform) => {
  const clock = new TestClock();
  let app: INestApplication;
  let url: string;
  let lastAddress = 0;

  beforeAll(async () => {
    const options = { tokens: ownTokens, trustedProxies: ['127.0.0.1'], now: clock.now, bans };
    ({ app, url } = await boot(
      platform,
      {
        imports: [PortcullisModule.forRoot(options)],
        controllers: [ChallengeController, PlainRoutesController],
      },
      { prepare: (made) => made.useGlobalPipes(new ValidationPipe({ transform: true })) },
    ));
  });
  afterAll(() => app.close());

  const get = (path: string, from: string, headers: Record<string, string> = {}) =>
    fetch(url + path, { redirect: 'manual', headers: { 'x-forwarded-for': from, ...headers } });
  const post = (body: object, from: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/challenge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from, ...headers },
      body: JSON.stringify(body),
    });
  const banned = async (from = `203.0.113.${++lastAddress}`) => {
    expect((await get('/decoy', from)).status).toBe(200);
    expect((await get('/public', from)).status).toBe(403);
    return from;
  };
  /** What the page asks for, solved as its script does. */
  const solved = async (from: string) => {
    const page = await (await get('/challenge', from)).text();
    const { task, bits } = JSON.parse(/id="facts">(.*)<\/script><script/.exec(page)?.[1] ?? '');
    for (let solution = 0; ; solution++) {
      const digest = createHash('sha256').update(`${task}.${solution}`).digest();
      if (digest.readUInt32BE(0) >>> (32 - bits) === 0) return { task, solution: `${solution}` };
    }
  };
  const passOf = async (from: string) => {
    const answer = await post(await solved(from), from);
    expect(answer.status).toBe(201);
    return answer.headers.get('set-cookie') ?? '';
  };

  it('sends browsers to the page, and lets in whoever has a pass, for its network and its time', async () => {
    const from = await banned();
    const page = await get('/public?a=1', from, { accept: 'text/html' });
    expect([page.status, page.headers.get('location')]).toEqual([
      303,
      '/challenge?return_to=%2Fpublic%3Fa%3D1',
    ]);
    expect((await get('//evil.example/', from, { accept: 'text/html' })).headers.get('location')).toBe(
      '/challenge',
    );
    expect((await get('/challenge/solve.js', from)).status).toBe(200);
    const cookie = await passOf(from);
    expect(cookie).toMatch(/^portcullis-pass=\d+\.[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/);
    const pass = cookie.split(';')[0] as string;
    expect((await get('/public', from, { cookie: `a=b; portcullis-pass=x; ${pass}` })).status).toBe(200);
    expect((await get('/user', from, { cookie: pass })).status).toBe(401);
    // Neither elsewhere, nor changed, nor after its end.
    expect((await get('/public', await banned(), { cookie: pass })).status).toBe(403);
    const [, ends = '', mac] = /=(\d+)\.(.*)/.exec(pass) ?? [];
    for (const other of [`${Number(ends) + 1}.${mac}`, `${ends}.${mac?.toLowerCase()}`, `${ends}.`, ends])
      expect((await get('/public', from, { cookie: `portcullis-pass=${other}` })).status).toBe(403);
    await app.get(BanService).ban(from, { reason: 'by hand', seconds: 5_000 });
    expect((await get('/public', from, { cookie: pass })).status).toBe(403);
    expect((await get('/challenge', from)).status).toBe(403);
    const still = await get('/public', from, { accept: 'text/html' });
    expect(still.status).toBe(403);
  });

  it('keeps a pass from working after its end', async () => {
    const from = await banned();
    const pass = (await passOf(from)).split(';')[0] as string;
    clock.forward(3_601);
    await banned(from);
    expect((await get('/public', from, { cookie: pass })).status).toBe(403);
  });

  it('takes a solution once, and ends the visits of who guesses', async () => {
    const from = await banned();
    const solution = await solved(from);
    expect((await post(solution, from)).status).toBe(201);
    const answers = [];
    for (let time = 0; time < 7; time++) answers.push((await post(solution, from)).status);
    expect(answers).toEqual([403, 403, 403, 403, 403, 403, 403]);
    expect((await get('/challenge', from)).status).toBe(403);
    expect((await get('/challenge', await banned())).status).toBe(200);
  });

  it('makes a network pay for what it does with a pass', async () => {
    const from = await banned();
    const pass = (await passOf(from)).split(';')[0] as string;
    const statuses = [];
    for (let time = 0; time < 5; time++)
      statuses.push((await get(`/.env.${time}`, from, { cookie: pass })).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([404, 403]);
    expect((await get('/public', from, { cookie: pass })).status).toBe(403);
    expect((await get('/challenge', from)).status).toBe(200);
    const again = (await passOf(from)).split(';')[0] as string;
    expect((await get('/public', from, { cookie: again })).status).toBe(403);
  });

  it('keeps only the page open, and only so often', async () => {
    const from = await banned();
    for (const path of [
      '/challenge-not',
      '/challenge/../public',
      '/challenge//public',
      '/challenge/%2e%2e/public',
    ])
      expect([path, (await get(path, from)).status]).toEqual([path, 403]);
    const statuses = [];
    for (let time = 0; time < 31; time++) statuses.push((await get('/challenge', from)).status);
    expect(statuses).toEqual([...Array(30).fill(200), 403]);
  });
});
