import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Controller, Get, UnauthorizedException } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  BanService,
  Honeypot,
  PortcullisModule,
  type PortcullisOptions,
  Public,
  SecurityEvents,
  Strikes,
} from '@portcullis/auth';
import { problemIn } from '../support/http.js';
import { boot } from '../support/platforms.js';
import { RawConnection } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

const START = Date.UTC(2030, 0, 1);

@Controller()
class RoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @Public()
  @Strikes({ event: 'coupon_guessed', status: 401, score: 40, windowSeconds: 60 })
  @Get('coupon')
  coupon() {
    throw new UnauthorizedException();
  }

  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }
}

describeOnPlatforms('what a banned address gets on %s', (running) => {
  const start = (bans: PortcullisOptions['bans'], options: PortcullisOptions = {}) =>
    running.start({
      portcullis: { bans: { privateAddresses: true, ...bans }, ...options },
      controllers: [RoutesController],
    });
  const ban = () => running.app.get(BanService).ban('127.0.0.1', { reason: 'test', seconds: 60 });
  const { statusOf } = running;

  it('is a 429 where that is wanted', async () => {
    await start({ answer: 429 }, { now: () => START });
    await ban();
    const response = await running.fetch('/public');
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(await problemIn(response)).toMatchObject({ code: 'address_banned', status: 429 });
    await running.close();
    expect(running.events.of('request.refused')).toMatchObject([{ code: 'address_banned', status: 429 }]);
  });

  it('is nothing at all on a dropped connection where that is wanted', async () => {
    await start({ answer: 'drop' });
    const connection = await RawConnection.open(running.url);
    connection.request('GET /public');
    expect((await connection.response()).status).toBe(200);
    await ban();
    connection.request('POST /public', ['Content-Length: 100000']);
    await connection.closed;
    await expect(connection.response()).rejects.toThrow('Closed after ""');
    await running.close();
    expect(running.events.of('request.refused')).toMatchObject([{ code: 'address_banned' }]);
    expect(running.events.of('address.struck')).toEqual([]);
  });

  it('in shadow mode is the real answer, and each refusal that would have been is emitted', async () => {
    await start({ shadow: true });
    expect(await statusOf('/decoy')).toBe(200);
    expect(running.events.of('address.banned')).toMatchObject([{ ban: { rule: 'honeypot', shadow: true } }]);
    await ban();
    expect(await statusOf('/public')).toBe(200);
    expect(await statusOf('/nowhere')).toBe(404);
    await running.close();
    expect(running.events.of('ban.shadowed')).toMatchObject([
      { network: '127.0.0.1/32', request: { path: '/public', address: '127.0.0.1' } },
      { network: '127.0.0.1/32', request: { path: '/nowhere' } },
    ]);
    expect(running.events.of('request.refused')).toEqual([]);
  });

  describe('where several bans cover it, is the time until the last of them is over', () => {
    const retryAfter = async () => (await running.fetch('/public')).headers.get('retry-after');
    const banned = (target: string, seconds: number) =>
      running.app.get(BanService).ban(target, { reason: 'test', seconds });
    const now = () => START;

    it.each<[string, ...[string, number][]]>([
      ['wide', ['127.0.0.1', 10], ['127.0.0.0/8', 3_600]],
      ['narrow', ['127.0.0.0/8', 10], ['127.0.0.1', 3_600]],
      ['between others', ['127.0.0.0/8', 20], ['127.0.0.1', 10], ['127.0.0.0/24', 3_600]],
    ])('be it %s', async (_, ...bans) => {
      for (const inOrder of [bans, bans.toReversed()]) {
        await start({}, { now });
        for (const [target, seconds] of inOrder) await banned(target, seconds);
        expect(await retryAfter()).toBe('3600');
      }
    });

    it('be it by a rule or by somebody', async () => {
      await start({}, { now });
      await statusOf('/decoy');
      await banned('127.0.0.1', 10);
      expect(await retryAfter()).toBe('600');
      await banned('127.0.0.0/8', 3_600);
      expect(await retryAfter()).toBe('3600');
    });

    it.each([
      [60, '3600'],
      [7_200, '7200'],
    ])(
      'be it on a list of others, read again within an hour, beside one of %d s',
      async (seconds, expected) => {
        const folder = await mkdtemp(join(tmpdir(), 'portcullis-feeds-'));
        await writeFile(join(folder, 'list.txt'), '127.0.0.1\n');
        const feed = { source: join(folder, 'list.txt') };
        const feeds = [
          { ...feed, name: 'often', reloadSeconds: 10 },
          { ...feed, name: 'list' },
        ];
        await start({ feeds }, { now });
        await banned('127.0.0.0/24', seconds);
        expect(await retryAfter()).toBe(expected);
        await rm(folder, { recursive: true });
      },
    );
  });

  it('is decided by a handler too, whose answers have a price of their own', async () => {
    await start({});
    for (const count of [1, 2, 3]) {
      expect(await statusOf('/coupon')).toBe(401);
      await running.events.first('address.struck', count);
    }
    const [banned] = await running.events.first('address.banned');
    expect(banned?.ban.rule).toBe('coupon_guessed');
    expect(await statusOf('/public')).toBe(403);
  });

  it('is the real answer where somebody objects to the ban', async () => {
    await start({});
    running.app.get(SecurityEvents).subscribe((event) => {
      if (event.type === 'ban.proposed') event.proposal.veto('the monitoring of a partner');
    });
    expect(await statusOf('/decoy')).toBe(200);
    expect(await statusOf('/public')).toBe(200);
    expect(running.events.of('ban.vetoed')).toMatchObject([{ reason: 'the monitoring of a partner' }]);
  });
});

describeOnPlatforms('a list of others on %s', (running) => {
  it('bans whom it names, but nobody who is allowed, and only reports while it is tried out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'portcullis-feeds-'));
    await writeFile(join(folder, 'drop.txt'), '203.0.113.0/24 # botnet\n127.0.0.1\n');
    await writeFile(join(folder, 'trial.txt'), '198.51.100.0/24\n');
    const feeds = [
      { name: 'drop', source: join(folder, 'drop.txt') },
      { name: 'trial', source: join(folder, 'trial.txt'), shadow: true },
    ];
    const bans = { feeds, allowed: ['203.0.113.8'] };
    await running.start({
      portcullis: { bans, trustedProxies: ['127.0.0.1'] },
      controllers: [RoutesController],
    });
    const from = (address: string) => running.get('/public', { 'x-forwarded-for': address });
    const refused = await from('203.0.113.7');
    expect(refused.status).toBe(403);
    expect(Number(refused.headers.get('retry-after'))).toBe(3_600);
    for (const address of ['203.0.113.8', '192.0.2.1', '198.51.100.1', '127.0.0.1'])
      expect((await from(address)).status).toBe(200);
    await running.close();
    await rm(folder, { recursive: true });
    expect(running.events.of('request.refused')).toMatchObject([
      { code: 'address_banned', reason: '203.0.113.0/24 is banned by the feed drop' },
    ]);
    expect(running.events.of('ban.shadowed')).toMatchObject([{ network: '198.51.100.0/24' }]);
  });
});

it('a dropped HTTP/2 connection takes all its streams with it', async () => {
  const adapter = new FastifyAdapter({ http2: true } as object);
  const bans = { privateAddresses: true, answer: 'drop' } as const;
  const imports = [PortcullisModule.forRoot({ bans })];
  const { app, url } = await boot('fastify', { imports, controllers: [RoutesController] }, { adapter });
  await app.get(BanService).ban('127.0.0.1', { reason: 'test' });
  const session = connect(url);
  const closed = new Promise((resolve) => session.once('close', resolve));
  const stream = session.request({ ':path': '/public' });
  const answered = jest.fn();
  stream.on('response', answered).on('error', () => {});
  await closed;
  expect(answered).not.toHaveBeenCalled();
  await app.close();
});
