import { Controller, Get, NotFoundException } from '@nestjs/common';
import { Public } from '@portcullis/auth';
import { type Platform, platforms } from '../support/platforms.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms, RunningApp } from '../support/running-app.js';

@Controller()
class CouponsController {
  @Public()
  @Get('coupons/:code')
  coupon() {
    throw new NotFoundException();
  }

  @Public()
  @Get('größen/:size')
  size() {
    throw new NotFoundException();
  }
}

/** URLs that no browser sends, but that lead to a handler all the same. */
const ODD: readonly (readonly [url: string, platforms: readonly Platform[]])[] = [
  ['/coupons/x', platforms],
  ['http://anywhere/coupons/x', platforms],
  ['HTTPS://anywhere:1/coupons/x?q', platforms],
  ['http://ann:secret@anywhere/coupons/x', platforms],
  ['/coupons/x#secret', platforms],
  ['/coupons\\x#y', ['express']],
  ['/%63oupons/x', ['fastify']],
];

describeOnPlatforms('odd URLs on %s', (running) => {
  let hosts = 0;

  const call = (target: string) =>
    rawRequest(running.url, `GET ${target}`, [`X-Forwarded-For: 203.0.113.${++hosts}`, 'Connection: close']);

  beforeAll(async () => {
    const rules = [
      { id: 'coupons', match: { path: /^\/coupons\/x$/, status: 404 }, score: 1, windowSeconds: 60 },
      { id: 'urls', match: { url: /^\/coupons\/x/, status: 404 }, score: 1, windowSeconds: 60 },
      { id: 'sizes', match: { path: '/größen/x', status: 404 }, score: 1, windowSeconds: 60 },
    ];
    await running.start({
      portcullis: { bans: { rules }, trustedProxies: ['127.0.0.1'] },
      controllers: [CouponsController],
    });
  });
  beforeEach(() => {
    running.events.all.length = 0;
  });

  it.each(ODD.filter(([, on]) => on.includes(running.platform)))(
    '%s is seen by rules as it is routed',
    async (target) => {
      expect((await call(target)).status).toBe(404);
      const struck = await running.events.first('address.struck', target.includes('\\') ? 1 : 2);
      expect(struck.map(({ rule, request }) => [rule, request.handler])).toEqual(
        ['coupons', 'urls'].slice(0, struck.length).map((rule) => [rule, 'CouponsController.coupon']),
      );
      expect(JSON.stringify(running.events.all)).not.toContain('secret');
    },
  );

  it('a path with other letters than those of ASCII is matched by its text', async () => {
    expect((await call('/gr%C3%B6%C3%9Fen/x')).status).toBe(404);
    expect(await running.events.first('address.struck')).toMatchObject([{ rule: 'sizes' }]);
  });
});

it('a path is the whole one also where Express hands a router only its end', async () => {
  const rules = [{ id: 'old', match: { path: /^\/old\//, status: 404 }, score: 1, windowSeconds: 60 }];
  const running = new RunningApp('express');
  await running.start({
    portcullis: { bans: { rules, privateAddresses: true } },
    prepare: (prepared) =>
      prepared.use('/old', (_: unknown, response: { sendStatus(status: number): void }) =>
        response.sendStatus(404),
      ),
  });
  expect(await running.statusOf('/old/shop?q')).toBe(404);
  expect(await running.events.first('address.struck')).toMatchObject([{ request: { path: '/old/shop' } }]);
  await running.close();
});
