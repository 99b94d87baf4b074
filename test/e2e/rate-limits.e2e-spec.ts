import { Body, Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import {
  BanService,
  JwtGuard,
  type PortcullisOptions,
  Public,
  RateLimit,
  RateLimitExempt,
  RequireUser,
  Scopes,
} from '@portcullis/auth';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { inParallel, pipelined, type Shot } from '../support/bursts.js';
import { TestClock } from '../support/clock.js';
import { appWith, noStrikes, ownTokens, userWith } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { describeOnPlatforms } from '../support/running-app.js';

/** How many requests have reached a handler. */
let served = 0;

@Controller()
class LimitedController {
  @RateLimit({ requests: 2, windowSeconds: 60, by: 'address' })
  @Public()
  @Get('open')
  open() {
    served++;
    return 'in';
  }

  @RateLimit({ requests: 2, windowSeconds: 60 })
  @UseGuards(JwtGuard, JwtGuard)
  @RequireUser()
  @Get('mine')
  mine() {
    return 'in';
  }

  @RateLimit({ requests: 1, windowSeconds: 60 })
  @RequireUser()
  @Scopes('reports:read')
  @Get('reports')
  reports() {
    return 'in';
  }

  @RateLimit({ requests: 1, windowSeconds: 60, by: 'app' })
  @Public({ identify: true })
  @Get('by-app')
  byApp() {
    return 'in';
  }

  @RateLimit({ requests: 1, windowSeconds: 60, by: (request) => request.fieldOf('email'), name: 'mails' })
  @RateLimit({ requests: 3, windowSeconds: 3600, by: 'address' })
  @Public()
  @Post('mails')
  @HttpCode(202)
  mail(@Body() _: object) {
    return 'in';
  }

  @RateLimit({ requests: 1, windowSeconds: 60, by: 'address' })
  @RequireUser()
  @Post('guessed')
  guessed() {
    return 'in';
  }

  @RateLimit({
    requests: 1,
    windowSeconds: 60,
    by: () => {
      throw new Error('broken');
    },
  })
  @Public()
  @Get('broken')
  broken() {
    served++;
    return 'in';
  }

  @RateLimit({ requests: 20, windowSeconds: 60, by: 'address' })
  @Public()
  @Post('burst')
  burst() {
    served++;
    return 'in';
  }
}

@RateLimit({ requests: 3, windowSeconds: 60, by: 'address' })
@Public()
@Controller('together')
class TogetherController {
  @Get('one')
  one() {
    return 'in';
  }

  @RateLimit({ requests: 1, windowSeconds: 60, by: 'address' })
  @Get('two')
  two() {
    return 'in';
  }

  @RateLimitExempt()
  @Get('free')
  free() {
    return 'in';
  }
}

@Public()
@Controller('plain')
class PlainController {
  @Get('one')
  one() {
    return 'in';
  }

  @Get('two')
  two() {
    return 'in';
  }
}

describeOnPlatforms('limits for callers on %s', (running) => {
  const clock = new TestClock().stop();
  let lastAddress = 0;
  /** An address that none has had before. */
  const fresh = () => `203.0.113.${++lastAddress}`;
  const start = (options: PortcullisOptions = {}) =>
    running.start({
      portcullis: {
        trustedProxies: ['127.0.0.1'],
        tokens: ownTokens,
        now: clock.now,
        rateLimits: { default: { requests: 2, windowSeconds: 10 } },
        ...options,
      },
      controllers: [LimitedController, TogetherController, PlainController],
    });
  const call = (path: string, from = fresh(), headers: object = {}) =>
    running.get(path, { 'x-forwarded-for': from }, headers);
  const statusOf = async (...request: Parameters<typeof call>) => (await call(...request)).status;
  const statusesOf = async (times: number, ...request: Parameters<typeof call>) => {
    const statuses: number[] = [];
    for (let time = 0; time < times; time++) statuses.push(await statusOf(...request));
    return statuses;
  };
  const post = (path: string, from: string, headers: object = {}, body: object = {}) =>
    running.send('POST', path, { 'x-forwarded-for': from, ...headers }, body);

  describe('each by itself', () => {
    beforeAll(() => start({ bans: noStrikes }));

    it('are shown on every answer, and end in 429 with the time to wait, before the handler runs', async () => {
      served = 0;
      const from = fresh();
      const answers = [await call('/open', from), await call('/open', from), await call('/open', from)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(served).toBe(2);
      const header = (name: string) => answers.map(({ headers }) => headers.get(name));
      expect(header('ratelimit-policy')).toEqual(Array(3).fill('"route";q=2;w=60'));
      expect(header('ratelimit')).toEqual(
        [1, 0, 0].map((left) => expect.stringMatching(`^"route";r=${left};t=60$`)),
      );
      expect(header('retry-after')).toEqual([null, null, '60']);
      const { code, requestId } = await problemIn(answers[2] as Response);
      expect(code).toBe('rate_limit_exceeded');
      const { reason } = await running.events.about('request.refused', requestId);
      expect(reason).toContain('2 requests in 60 s');
      clock.forward(60);
      expect(await statusOf('/open', from)).toBe(200);
    });

    it('count an IPv6 caller by the whole /64', async () => {
      expect(await statusesOf(2, '/open', '2001:db8:1:2::1')).toEqual([200, 200]);
      expect(await statusOf('/open', '2001:db8:1:2:ffff::9')).toBe(429);
      expect(await statusOf('/open', '2001:db8:1:3::1')).toBe(200);
    });

    it('count a user wherever they are, once for each request, and an app that has no user', async () => {
      const ann = await userWith(running.app, [], 'ann');
      expect([await statusOf('/mine', fresh(), ann), await statusOf('/mine', fresh(), ann)]).toEqual([
        200, 200,
      ]);
      expect(await statusOf('/mine', fresh(), ann)).toBe(429);
      expect(await statusOf('/mine', fresh(), await userWith(running.app, [], 'bob'))).toBe(200);

      const [app, from] = [await appWith(running.app), fresh()];
      expect([await statusOf('/by-app', from, app), await statusOf('/by-app', fresh(), app)]).toEqual([
        200, 429,
      ]);
      // Who has no app counts by the address.
      expect([await statusOf('/by-app', from), await statusOf('/by-app', from)]).toEqual([200, 429]);
    });

    it('count requests that are refused for their scope', async () => {
      const ann = await userWith(running.app, [], 'carol');
      expect(await statusesOf(2, '/reports', fresh(), ann)).toEqual([403, 429]);
    });

    it('by the address come before anybody looks at a credential', async () => {
      const from = fresh();
      const statuses = [];
      for (let index = 0; index < 3; index++)
        statuses.push((await post('/guessed', from, { authorization: `Bearer x.y.${index}` })).status);
      expect(statuses).toEqual([401, 429, 429]);
    });

    it('count by what the app says, several at once, and tell which of them there are', async () => {
      const from = fresh();
      const first = await post('/mails', from, {}, { email: 'Ann@example.com' });
      expect(first.status).toBe(202);
      expect(first.headers.get('ratelimit-policy')).toBe('"route";q=3;w=3600, "mails";q=1;w=60');
      expect((await post('/mails', fresh(), {}, { email: 'Ann@example.com' })).status).toBe(429);
      expect((await post('/mails', from, {}, { email: 'bob@example.com' })).status).toBe(202);
      // Without the text it counts by the address: nobody gets out of a limit by leaving something out.
      expect((await post('/mails', from, {}, { email: { a: 1 } })).status).toBe(202);
      const last = await post('/mails', from, {}, { email: 'zoe@example.com' });
      expect([last.status, last.headers.get('retry-after')]).toEqual([
        429,
        expect.stringMatching(/^3[56]\d\d$/),
      ]);
    });

    it('let nobody through whom the app can not tell', async () => {
      served = 0;
      expect(await statusOf('/broken')).toBe(500);
      expect(served).toBe(0);
    });

    it('of a class are one for all its handlers, beside their own, unless one is exempt', async () => {
      const from = fresh();
      expect(await statusesOf(2, '/together/two', from)).toEqual([200, 429]);
      expect(await statusesOf(2, '/together/one', from)).toEqual([200, 429]);
      const answer = await call('/together/free', from);
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, null]);
    });

    it('of the options are one for all handlers that have none of their own', async () => {
      const from = fresh();
      const answer = await call('/plain/one', from);
      expect(answer.headers.get('ratelimit-policy')).toBe('"default";q=2;w=10');
      expect([await statusOf('/plain/two', from), await statusOf('/plain/one', from)]).toEqual([200, 429]);
      expect(await statusOf('/open', from)).toBe(200);
      expect(await statusOf('/nowhere', from)).toBe(404);
    });

    it.each([
      ['in parallel', inParallel],
      ['pipelined', pipelined],
    ])('hold for what comes %s', async (_, burst) => {
      served = 0;
      const from = fresh();
      const shot: Shot = { method: 'POST', path: '/burst', headers: { 'x-forwarded-for': from } };
      const statuses = await burst(running.url, Array(200).fill(shot));
      expect(statuses.filter((status) => status === 429)).toHaveLength(180);
      expect(served).toBe(20);
    });
  });

  it('ban whoever goes on for long, and nobody who comes once a second', async () => {
    await start();
    const [poller, flood] = [fresh(), fresh()];
    for (let second = 0; second < 180; second++) {
      expect(await statusOf('/open', poller)).toBe(second % 60 < 2 ? 200 : 429);
      clock.forward(1);
    }
    expect(running.events.of('address.struck').every(({ total }) => total <= 50)).toBe(true);
    // Two are let in, ten are told to wait, and a hundred more are enough.
    expect(new Set(await statusesOf(110, '/open', flood))).toEqual(new Set([200, 429]));
    await statusesOf(3, '/open', flood);
    expect(await statusOf('/plain/one', flood)).toBe(403);
    expect(await statusOf('/plain/one', poller)).toBe(200);
    await running.events.first('address.banned');
    expect(running.events.of('address.banned').map(({ ban }) => ban.rule)).toEqual(['rate-limit']);
  });

  it('do not come before a ban, and count nothing of it', async () => {
    await start();
    const from = fresh();
    await running.app.get(BanService).ban(from, { reason: 'test', seconds: 60 });
    const answer = await call('/open', from);
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([403, null]);
  });

  it('are shared by instances that have one limiter, also in a burst', async () => {
    const limiter = new RateLimiterMemory({ points: 1, duration: 1 });
    await start({ rateLimits: { limiter }, bans: noStrikes });
    const from = fresh();
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf('/open', from)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(2);
    await start({ rateLimits: { limiter }, bans: noStrikes });
    expect(await statusesOf(2, '/open', from)).toEqual([429, 429]);
  });

  it('hold by guards that stand alone, and an app that has none there does not boot', async () => {
    const portcullis = { globalGuard: false, trustedProxies: ['127.0.0.1'], tokens: ownTokens };
    @Controller()
    class GuardedController {
      @RateLimit({ requests: 1, windowSeconds: 60 })
      @UseGuards(JwtGuard)
      @Get('guarded')
      guarded() {
        return 'in';
      }
    }
    await running.start({ portcullis, controllers: [GuardedController] });
    const ann = await userWith(running.app);
    expect(await statusesOf(2, '/guarded', fresh(), ann)).toEqual([200, 429]);

    @Controller()
    class OpenController {
      @RateLimit({ requests: 1, windowSeconds: 60, by: 'address' })
      @Public()
      @Get('open')
      open() {
        return 'in';
      }
    }
    await expect(running.start({ portcullis, controllers: [OpenController] })).rejects.toThrow(
      'OpenController.open',
    );
  });

  it('count apart for two controllers that are called the same', async () => {
    const controllerAt = (path: string) => {
      @Controller(path)
      @RateLimit({ requests: 2, windowSeconds: 60, by: 'address' })
      class ParcelsController {
        @RateLimit({ requests: 1, windowSeconds: 60 })
        @Public()
        @Get()
        get() {
          return 'in';
        }
      }
      return ParcelsController;
    };
    await running.start({
      portcullis: { tokens: ownTokens },
      controllers: [controllerAt('v1'), controllerAt('v2')],
    });
    for (const path of ['/v1', '/v2'])
      expect([await running.statusOf(path), await running.statusOf(path)]).toEqual([200, 429]);
  });

  it('that make no sense keep the app from booting, each by its name', async () => {
    const limit = { requests: 1, windowSeconds: 60 };
    @Controller()
    class SenselessController {
      @RateLimit({ requests: 0, windowSeconds: 60 })
      @Get('none')
      none() {}

      @RateLimit(limit)
      @RateLimit(limit)
      @Get('twice')
      twice() {}

      @RateLimit(limit)
      @RateLimitExempt()
      @Get('both')
      both() {}
    }
    @Controller()
    class UnknownController {
      @RateLimit({ ...limit, by: 'user' })
      @Public()
      @Get('unknown')
      unknown() {}
    }
    const booting = (controller: new () => object, options: PortcullisOptions = {}) =>
      running.start({ portcullis: { tokens: ownTokens, ...options }, controllers: [controller] });
    const senseless = booting(SenselessController);
    for (const name of [
      'none: @RateLimit needs',
      'twice: @RateLimit says the same twice',
      'both: @RateLimit and',
    ])
      await expect(senseless).rejects.toThrow(`SenselessController.${name}`);
    await expect(booting(UnknownController)).rejects.toThrow(
      'UnknownController.unknown: @RateLimit counts by the user',
    );
    @Controller()
    class AbsentController {
      @RateLimit({ ...limit, by: 'app' })
      @RequireUser()
      @Get('absent')
      absent() {}
    }
    await expect(booting(AbsentController)).rejects.toThrow(
      'AbsentController.absent: @RateLimit counts by the app, but only the user is demanded',
    );
    await expect(
      booting(PlainController, { rateLimits: { default: { requests: 1.5, windowSeconds: 1 } } }),
    ).rejects.toThrow('rateLimits.default: needs whole, positive requests');
  });
});
