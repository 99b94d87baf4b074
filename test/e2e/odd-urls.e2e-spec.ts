import { Controller, Get, type INestApplication, NotFoundException } from '@nestjs/common';
import { PortcullisModule, Public } from '@portcullis/auth';
import { EventRecorder } from '../support/events.js';
import { boot, type Platform, platforms } from '../support/platforms.js';
import { rawRequest } from '../support/raw-connection.js';

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

describe.each(platforms)('odd URLs on %s', (platform) => {
  let app: INestApplication;
  let url: string;
  let events: EventRecorder;
  let hosts = 0;

  const call = (target: string) =>
    rawRequest(url, `GET ${target}`, [`X-Forwarded-For: 203.0.113.${++hosts}`, 'Connection: close']);

  beforeAll(async () => {
    const rules = [
      { id: 'coupons', match: { path: /^\/coupons\/x$/, status: 404 }, score: 1, windowSeconds: 60 },
      { id: 'urls', match: { url: /^\/coupons\/x/, status: 404 }, score: 1, windowSeconds: 60 },
      { id: 'sizes', match: { path: '/größen/x', status: 404 }, score: 1, windowSeconds: 60 },
    ];
    const portcullis = PortcullisModule.forRoot({ bans: { rules }, trustedProxies: ['127.0.0.1'] });
    const booted = await boot(platform, { imports: [portcullis], controllers: [CouponsController] });
    ({ app, url } = booted);
    events = new EventRecorder(app);
  });
  beforeEach(() => {
    events.all.length = 0;
  });
  afterAll(() => app.close());

  it.each(ODD.filter(([, on]) => on.includes(platform)))(
    '%s is seen by rules as it is routed',
    async (target) => {
      expect((await call(target)).status).toBe(404);
      const struck = await events.first('address.struck', target.includes('\\') ? 1 : 2);
      expect(struck.map(({ rule, request }) => [rule, request.handler])).toEqual(
        ['coupons', 'urls'].slice(0, struck.length).map((rule) => [rule, 'CouponsController.coupon']),
      );
      expect(JSON.stringify(events.all)).not.toContain('secret');
    },
  );

  it('a path with other letters than those of ASCII is matched by its text', async () => {
    expect((await call('/gr%C3%B6%C3%9Fen/x')).status).toBe(404);
    expect(await events.first('address.struck')).toMatchObject([{ rule: 'sizes' }]);
  });
});

it('a path is the whole one also where Express hands a router only its end', async () => {
  const rules = [{ id: 'old', match: { path: /^\/old\//, status: 404 }, score: 1, windowSeconds: 60 }];
  const portcullis = PortcullisModule.forRoot({ bans: { rules, privateAddresses: true } });
  const { app, url } = await boot(
    'express',
    { imports: [portcullis] },
    {
      prepare: (prepared) =>
        prepared.use('/old', (_: unknown, response: { sendStatus(status: number): void }) =>
          response.sendStatus(404),
        ),
    },
  );
  const events = new EventRecorder(app);
  expect((await fetch(`${url}/old/shop?q`)).status).toBe(404);
  expect(await events.first('address.struck')).toMatchObject([{ request: { path: '/old/shop' } }]);
  await app.close();
});
