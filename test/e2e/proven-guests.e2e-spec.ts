import {
  Body,
  Controller,
  Get,
  HttpCode,
  type MiddlewareConsumer,
  Module,
  Post,
  UnauthorizedException,
} from '@nestjs/common';
import {
  type ApiKeyRecord,
  ApiKeyService,
  BanService,
  CurrentUser,
  Honeypot,
  MemoryApiKeyStore,
  type PortcullisOptions,
  Public,
  RequireUser,
  RequireUserOrApp,
  Strikes,
  type UserIdentity,
} from '@portcullis/auth';
import type { ProofChanges } from '@portcullis/testing';
import { BoundDevice, ORIGIN } from '../support/bound-calls.js';
import { inParallel, pipelined, type Shot } from '../support/bursts.js';
import { appWith, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { MadeKey } from '../support/made-key.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** Counts how often a key was looked for. */
class CountingKeyStore extends MemoryApiKeyStore {
  reads = 0;

  override findById(id: string): Promise<ApiKeyRecord | undefined> {
    this.reads++;
    return super.findById(id);
  }
}

@Controller()
class RoutesController {
  @Honeypot()
  @Get('trap')
  trap() {
    return 'caught';
  }

  @Public()
  @Get('public')
  public(@CurrentUser() user?: UserIdentity) {
    return { user: user?.subject ?? null };
  }

  @RequireUser()
  @Post('echo')
  echo(@Body() body: object) {
    return body;
  }

  @RequireUserOrApp()
  @Get('either')
  either() {
    return 'in';
  }

  @Strikes({ event: 'login_failed' })
  @Public()
  @Post('login')
  @HttpCode(200)
  login() {
    throw new UnauthorizedException();
  }

  @Strikes({ event: 'login_failed', subject: 'username' })
  @Public()
  @Post('log-in')
  @HttpCode(200)
  logIn(@Body() { password }: { password?: string }) {
    if (password !== 'right') throw new UnauthorizedException();
    return 'in';
  }

  @Public()
  @Post('letters')
  letter() {
    return 'kept';
  }
}

/** What is between the entrance and the guards may take its time. */
let goOnWhenReady = (next: () => void) => next();

@Module({})
class SlowModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply((_: unknown, __: unknown, next: () => void) => goOnWhenReady(next)).forRoutes('either');
  }
}

describeOnPlatforms('whoever is proven at a banned address on %s', (running) => {
  let store: CountingKeyStore;
  let lastAddress = 0;
  const start = (
    bans: PortcullisOptions['bans'] = { letInProven: true },
    more: Partial<PortcullisOptions> = {},
  ) => {
    store = new CountingKeyStore();
    return running.start({
      portcullis: {
        ...{ trustedProxies: ['127.0.0.1'], tokens: ownTokens, bans, stores: { apiKeys: store } },
        errorPages: 'https://docs.example/errors/',
        ...more,
      },
      controllers: [RoutesController],
      imports: [SlowModule],
    });
  };
  const call = (path: string, from: string, headers: object = {}) =>
    running.get(path, { 'x-forwarded-for': from }, headers);
  const statusOf = async (...request: Parameters<typeof call>) => (await call(...request)).status;
  /** An address that a rule has banned. */
  const banned = async () => {
    const from = `203.0.113.${++lastAddress}`;
    expect(await statusOf('/trap', from)).toBe(200);
    expect(await statusOf('/public', from)).toBe(403);
    return from;
  };

  describe('with bans.letInProven', () => {
    beforeAll(() => start());

    it('is let in, on all routes, and is still nobody where nobody asks', async () => {
      const [from, ann] = [await banned(), await userWith(running.app, [], 'ann')];
      const answer = await running.send('POST', '/echo', { 'x-forwarded-for': from, ...ann }, { a: 1 });
      expect([answer.status, await answer.json()]).toEqual([201, { a: 1 }]);
      expect(await statusOf('/either', from, await appWith(running.app))).toBe(200);
      expect(await (await call('/public', from, ann)).json()).toEqual({ user: null });
      expect(await statusOf('/nowhere', from, ann)).toBe(404);
      expect(await statusOf('/public', from)).toBe(403);
    });

    it('is told from whoever only says so, who learns nothing of what was sent', async () => {
      const from = await banned();
      const limited = { appId: 'a', name: 'a', rateLimit: { requests: 9, windowSeconds: 60 } };
      const { key, id } = await running.app.get(ApiKeyService).create(limited);
      const other = await running.app.get(ApiKeyService).create(limited);
      expect(await statusOf('/either', from, { 'x-api-key': key })).toBe(200);
      await running.app.get(ApiKeyService).revoke(id);
      for (const headers of [
        { authorization: 'Bearer a.b.c' },
        { 'x-api-key': new MadeKey('ptc').text },
        { 'x-api-key': key },
        { 'x-api-key': other.key, authorization: 'Bearer a.b.c' },
        { ...(await userWith(running.app)), 'x-api-key': key },
      ]) {
        const answer = await call('/public', from, headers);
        expect([
          answer.status,
          answer.headers.get('www-authenticate'),
          answer.headers.get('ratelimit'),
        ]).toEqual([...[403, null, null]]);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(500);
        expect(await problemIn(answer)).toMatchObject({
          code: 'address_banned',
          type: 'https://docs.example/errors/address_banned',
        });
      }
    });

    it.each([
      ['in parallel', inParallel],
      ['pipelined', pipelined],
    ])('is looked for ten times, whatever comes %s, but for who was known before', async (_, burst) => {
      const from = `203.0.113.${++lastAddress}`;
      const [known, other] = [await appWith(running.app), await appWith(running.app)];
      expect(await statusOf('/either', from, known)).toBe(200);
      expect(await statusOf('/trap', from)).toBe(200);
      const shots = Array.from(
        { length: 100 },
        (): Shot => ({
          ...{ method: 'GET', path: '/either' },
          headers: { 'x-forwarded-for': from, 'x-api-key': new MadeKey('ptc').text },
        }),
      );
      const before = store.reads;
      expect(new Set(await burst(running.url, shots))).toEqual(new Set([403]));
      expect(store.reads - before).toBe(10);
      expect(await statusOf('/either', from, other)).toBe(403);
      expect(await statusOf('/either', from, known)).toBe(200);
    });

    it('pays for what they do there, and is out when it is enough', async () => {
      const [from, ann] = [await banned(), await userWith(running.app, [], 'mallory')];
      const login = () => running.send('POST', '/login', { 'x-forwarded-for': from, ...ann });
      const statuses = [];
      for (let time = 0; time < 12; time++) statuses.push((await login()).status);
      expect(statuses).toEqual([...Array(10).fill(401), 403, 403]);
      expect(await statusOf('/either', from, ann)).toBe(403);
      expect(await statusOf('/either', from, await userWith(running.app, [], 'bob'))).toBe(200);
      expect(await statusOf('/either', '198.51.100.1', ann)).toBe(200);
    });

    it('is not let in where somebody has decided on the ban', async () => {
      const [from, ann] = [await banned(), await userWith(running.app, [], 'zoe')];
      expect(await statusOf('/either', from, ann)).toBe(200);
      await running.app.get(BanService).ban(from, { reason: 'by hand', seconds: 60 });
      expect(await statusOf('/either', from, ann)).toBe(403);
    });

    it('is not let in either where that was decided after they had come in', async () => {
      const [from, ann] = [await banned(), await userWith(running.app, [], 'eve')];
      const entered = new Promise<() => void>((resolve) => {
        goOnWhenReady = resolve;
      });
      const asking = statusOf('/either', from, ann);
      const goOn = await entered;
      goOnWhenReady = (next) => next();
      await running.app.get(BanService).ban(from, { reason: 'by hand', seconds: 60 });
      goOn();
      expect(await asking).toBe(403);
    });
  });

  describe('with bans.letInProven, where the proof is in the body or wants a nonce', () => {
    const GOOD = { username: 'ada', password: 'right' };
    beforeAll(() => start({ letInProven: true }, { binding: { nonce: 'demand' }, publicOrigins: [ORIGIN] }));

    const logIn = async (from: string, body: object, path = '/log-in') =>
      (await running.send('POST', path, { 'x-forwarded-for': from }, body)).status;
    /** An address that somebody known was served at, and that a rule has banned since. */
    const bannedOffice = async () => {
      const from = `203.0.113.${++lastAddress}`;
      expect(await statusOf('/either', from, await appWith(running.app))).toBe(200);
      expect(await statusOf('/trap', from)).toBe(200);
      return from;
    };

    it('logs in and goes on, as often as they like, where somebody known was served', async () => {
      const from = await bannedOffice();
      for (let time = 0; time < 15; time++) expect(await logIn(from, GOOD)).toBe(200);
      expect([await statusOf('/public', from), await logIn(from, {}, '/nowhere')]).toEqual([403, 404]);
    });

    it('has ten tries a day between them that prove nobody, at the same time too', async () => {
      const from = await bannedOffice();
      const tries = Array.from({ length: 40 }, (_, index) => logIn(from, { username: `user ${index}` }));
      const reached = (await Promise.all(tries)).filter((status) => status !== 403);
      expect(reached).toEqual(Array(10).fill(401));
      expect(await logIn(from, GOOD)).toBe(403);
      // A success that needs no attempt gives nothing back.
      const other = await bannedOffice();
      const sent = [];
      for (let time = 0; time < 12; time++) sent.push(await logIn(other, {}, '/letters'));
      expect(sent).toEqual([...Array(10).fill(201), 403, 403]);
    });

    it('is shut out where nobody was served, and where somebody has decided on the ban', async () => {
      expect(await logIn(await banned(), GOOD)).toBe(403);
      const from = await bannedOffice();
      expect(await logIn(from, GOOD)).toBe(200);
      await running.app.get(BanService).ban(from, { reason: 'by hand', seconds: 60 });
      expect(await logIn(from, GOOD)).toBe(403);
    });

    it('gets a nonce for a proof that is good but for that, and goes on with it', async () => {
      const [from, device] = [await banned(), await BoundDevice.of(running)];
      const ask = (changes: ProofChanges) => call('/either', from, device.headers('/either', changes));
      const challenged = await ask({});
      expect([challenged.status, (await problemIn(challenged)).code]).toEqual([401, 'use_dpop_nonce']);
      const nonce = challenged.headers.get('dpop-nonce') as string;
      expect((await ask({ claims: { nonce } })).status).toBe(200);
    });

    it('learns of no nonce, and of no token, by a proof that another key has signed', async () => {
      const [from, device] = [await banned(), await BoundDevice.of(running)];
      const headers = device.headers('/either');
      const forged = { ...headers, DPoP: headers.DPoP.replace(/[^.]*$/, 'A'.repeat(86)) };
      const answer = await call('/either', from, forged);
      expect([answer.status, answer.headers.get('dpop-nonce')]).toEqual([403, null]);
    });
  });

  it('is refused by default, and the option needs the entrance', async () => {
    await start({});
    const from = await banned();
    expect(await statusOf('/either', from, await userWith(running.app))).toBe(403);
    await expect(start({ letInProven: true, global: false })).rejects.toThrow(
      'bans.letInProven: needs bans.global',
    );
  });
});
