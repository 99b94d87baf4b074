import { Body, Controller, HttpCode, Post, UnauthorizedException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type Ban, MemoryBanStore, type PortcullisOptions, Public, Strikes } from '@portcullis/auth';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { asStreams, type Burst, heldBack, inParallel, pipelined, type Shot } from '../support/bursts.js';
import { TestClock } from '../support/clock.js';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { MadeKey } from '../support/made-key.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import { platforms } from '../support/platforms.js';
import { RunningApp } from '../support/running-app.js';

/** A ban store that answers when the test says so: no limit may wait for it. */
class SlowBanStore extends MemoryBanStore {
  #answer = () => {};
  #answered = Promise.resolve();

  delay(): void {
    this.#answered = new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  answer(): void {
    this.#answer();
  }

  override async findLatest(network: string, shadow: boolean): Promise<Ban | undefined> {
    await this.#answered;
    return super.findLatest(network, shadow);
  }
}

/** Takes its time, as the check of a password would. */
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
};

let accounts = 0;
/** How many logins run at once, and how many do when many have been there before. */
let checks: { running: number; most: number; mostLate: number; total: number };

@Controller()
class LoginController {
  @Strikes({ event: 'login_failed', subject: 'username' })
  @Public()
  @Post('login')
  @HttpCode(200)
  async login(@Body() { password }: { password: string }) {
    checks.total++;
    checks.most = Math.max(checks.most, ++checks.running);
    if (checks.total > 20) checks.mostLate = Math.max(checks.mostLate, checks.running);
    await turns(20);
    checks.running--;
    if (password !== 'right') throw new UnauthorizedException();
    return 'in';
  }
}

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const bearer = (header: object, index: number) =>
  `Bearer ${base64(header)}.${base64({ iss: ownTokens.issuer.url, sub: `u${index}` })}.${'A'.repeat(86)}`;

/** Guesses of a kind, and how many of them get a verdict: as many as reach 100 points. */
interface Guess {
  readonly verdicts: number;
  readonly status: number;
  readonly shot: (index: number) => Shot;
}

const guesses: Record<string, Guess> = {
  'forged tokens': {
    ...{ verdicts: 10, status: 401 },
    shot: (index) => ({
      ...{ method: 'GET', path: '/user' },
      headers: { authorization: bearer({ alg: 'ES256', kid: 'x' }, index) },
    }),
  },
  'tokens without a signature': {
    ...{ verdicts: 2, status: 401 },
    shot: (index) => ({
      ...{ method: 'GET', path: '/user' },
      headers: { authorization: bearer({ alg: 'none' }, index) },
    }),
  },
  'malformed keys': {
    ...{ verdicts: 10, status: 401 },
    shot: (index) => ({ method: 'GET', path: '/app', headers: { 'x-api-key': `pk_guess_${index}` } }),
  },
  'keys that nobody has': {
    ...{ verdicts: 10, status: 401 },
    shot: () => ({ method: 'GET', path: '/app', headers: { 'x-api-key': new MadeKey('ptc').text } }),
  },
  'files of others': {
    ...{ verdicts: 2, status: 404 },
    shot: (index) => ({ method: 'GET', path: `/.env.${index}`, headers: {} }),
  },
  'files of others, with a body': {
    ...{ verdicts: 2, status: 404 },
    shot: (index) => ({
      ...{ method: 'POST', path: `/.git/${index}`, body: '{}' },
      headers: { 'content-type': 'application/json' },
    }),
  },
  passwords: {
    ...{ verdicts: 10, status: 401 },
    shot: (index) => login(`guess${index}`),
  },
};

/** Each at an account of its own, if nothing else is said. */
function login(password: string): Shot {
  return loginOf(`user ${++accounts}`, password);
}

function loginOf(username: string, password: string): Shot {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', path: '/login', headers, body: JSON.stringify({ username, password }) };
}

/** The ways to send a burst over HTTP/1.1, and which of the requests can be sent so. */
const ways: Record<string, { burst: Burst; needsBody?: true }> = {
  'in parallel': { burst: inParallel },
  pipelined: { burst: pipelined },
  'with bodies held back': { burst: heldBack, needsBody: true },
};

const burstsOfHttp1 = Object.entries(ways).flatMap(([way, { burst, needsBody }]) =>
  Object.entries(guesses)
    .filter(([, { shot }]) => !needsBody || shot(0).body !== undefined)
    .map(([what, guess]) => ({ way, what, burst, ...guess })),
);

const store = new SlowBanStore();
let lastAddress = 0;
/** Requests from one address that none has had before. */
const from = (shots: readonly Shot[], address = `203.0.113.${++lastAddress}`) =>
  shots.map((shot) => ({ ...shot, headers: { ...shot.headers, 'x-forwarded-for': address } }));
const many = (count: number, shot: (index: number) => Shot) =>
  Array.from({ length: count }, (_, index) => shot(index));
const count = (statuses: readonly number[]) =>
  Object.fromEntries(
    [...new Set(statuses)]
      .sort()
      .map((status) => [status, statuses.filter((other) => other === status).length]),
  );

async function start(
  running: RunningApp,
  bans: PortcullisOptions['bans'] = {},
  adapter?: FastifyAdapter,
): Promise<void> {
  await running.start({
    portcullis: {
      ...{ tokens: ownTokens, bans, stores: { bans: store }, trustedProxies: ['127.0.0.1'] },
      now: new TestClock().stop().now,
    },
    controllers: [PlainRoutesController, LoginController],
    ...(adapter && { adapter }),
  });
}

/** Sends so many guesses of a kind from one address at once. */
async function expectVerdicts(
  running: RunningApp,
  { verdicts, status, shot }: Guess,
  burst: Burst,
  guesses: number,
): Promise<void> {
  const statuses = count(await burst(running.url, from(many(guesses, shot))));
  expect(statuses[status]).toBe(verdicts);
  expect(statuses[200]).toBeUndefined();
}

beforeEach(() => {
  checks = { running: 0, most: 0, mostLate: 0, total: 0 };
  store.delay();
});
afterEach(() => store.answer());

describe.each(platforms)('a limit on %s', (platform) => {
  const running = new RunningApp(platform);
  beforeAll(() => start(running));
  afterAll(() => running.close());

  it.each(burstsOfHttp1)('gives no more verdicts on $what than it allows: 200 of them $way', (guess) =>
    expectVerdicts(running, guess, guess.burst, 200),
  );

  it('lets everybody in who is right: 60 logins from one office at once', async () => {
    const statuses = await inParallel(running.url, from(many(60, () => login('right'))));
    expect(count(statuses)).toEqual({ 200: 60 });
    expect(checks.most).toBeLessThanOrEqual(10);
  });

  it('lets nobody in after the last wrong guess, be it right', async () => {
    const shots = from([...many(30, (index) => login(`guess${index}`)), login('right')]);
    expect(count(await pipelined(running.url, shots))).toEqual({ 401: 10, 403: 21 });
    expect(checks.total).toBe(10);
  });

  it('slows down whoever attacks one account from many addresses, and locks out nobody', async () => {
    const asAda = (password: string, address?: string) => from([loginOf('ada', password)], address);
    const home = `198.51.100.${++lastAddress}`;
    await inParallel(running.url, asAda('right', home));
    await inParallel(
      running.url,
      many(10, () => asAda('wrong')[0] as Shot),
    );
    const order: string[] = [];
    const say = (who: string) => (statuses: number[]) => order.push(`${who} ${statuses}`);
    await Promise.all([
      inParallel(running.url, asAda('right')).then(say('elsewhere')),
      inParallel(running.url, asAda('right', home)).then(say('at home')),
      inParallel(running.url, from([loginOf('bob', 'right')])).then(say('another')),
    ]);
    expect(order.at(-1)).toBe('elsewhere 200');
    expect(order).toEqual(expect.arrayContaining(['at home 200', 'another 200']));
  });

  it('lets some of many wait, and tells the others when to come again', async () => {
    const statuses = await inParallel(running.url, from(many(400, () => login('wrong'))));
    const { 401: verdicts, 403: banned, 429: crowded, ...rest } = count(statuses);
    expect(verdicts).toBe(10);
    expect((banned ?? 0) + (crowded ?? 0)).toBe(390);
    expect(rest).toEqual({});
  });
});

/** A limiter that is as far away as a busy Redis. */
class FarLimiter {
  readonly #near = new RateLimiterMemory({ points: 1, duration: 1 });

  async penalty(...call: Parameters<RateLimiterMemory['penalty']>) {
    await turns(50);
    return this.#near.penalty(...call);
  }

  async get(key: string) {
    await turns(50);
    return this.#near.get(key);
  }

  async delete(key: string) {
    await turns(50);
    return this.#near.delete(key);
  }
}

describe.each(platforms)('a limit on %s that is counted elsewhere', (platform) => {
  const running = new RunningApp(platform);
  beforeAll(() => start(running, { strikeLimiter: new FarLimiter() }));
  afterAll(() => running.close());

  // Few enough that a busy machine asks for the last of them before two seconds are over, after which a limiter is taken for one that is out.
  it.each(burstsOfHttp1)('gives no more verdicts on $what than it allows: 60 of them $way', (guess) =>
    expectVerdicts(running, guess, guess.burst, 60),
  );

  it('lets everybody in who is right, ten at once: 60 logins from one office', async () => {
    const statuses = await inParallel(running.url, from(many(60, () => login('right'))));
    expect(count(statuses)).toEqual({ 200: 60 });
    expect(checks.most).toBeLessThanOrEqual(10);
    expect(checks.mostLate).toBeGreaterThan(5);
  });

  it('makes a ban of it', async () => {
    const shots = from(many(30, (guesses['forged tokens'] as Guess).shot));
    await inParallel(running.url, shots);
    store.answer();
    const { 'x-forwarded-for': address } = (shots[0] as Shot).headers;
    await eventually(() =>
      running.events.of('address.banned').some(({ ban }) => ban.network === `${address}/32`),
    );
  });
});

describe('a limit on fastify, over HTTP/2', () => {
  const running = new RunningApp('fastify');
  beforeAll(() => start(running, {}, new FastifyAdapter({ http2: true } as object)));
  afterAll(() => running.close());

  it.each(Object.entries(guesses))('gives no more verdicts on %s than it allows', (_, guess) =>
    expectVerdicts(running, guess, asStreams, 90),
  );
});
