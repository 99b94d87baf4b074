import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpCode,
  NotFoundException,
  Post,
  Put,
  Res,
} from '@nestjs/common';
import { BanService, Honeypot, Public, Strikes } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { ownTokens } from '../support/credentials.js';
import { eventually } from '../support/eventually.js';
import { KeptClient, type Sent } from '../support/kept-client.js';
import { describeOnPlatforms } from '../support/running-app.js';

let stories = 0;
/** The status of what is asked for all the time. */
let answer = 200;

@Public()
@Controller()
class RoutesController {
  @Get('public')
  public() {
    return 'in';
  }

  @Get('thing')
  thing(@Res({ passthrough: true }) response: { status(code: number): unknown }) {
    if (answer === 404) throw new NotFoundException();
    response.status(answer);
    return 'in';
  }

  @Post('refusing')
  refuse(@Body() _: unknown) {
    throw new BadRequestException();
  }

  @Put('public')
  put() {
    return 'in';
  }

  @Post('public')
  @HttpCode(200)
  write(@Body() _: unknown) {
    return 'in';
  }

  @Strikes({ event: 'wrong_answer', status: 200, score: 1, windowSeconds: 3_600 })
  @Get('quiz')
  quiz() {
    return 'in';
  }

  @Honeypot()
  @Get('decoy')
  decoy() {
    return 'in';
  }
}

const LIMIT = 4;
const ruleOf = (id: string, match: object) => ({ id, match, score: 1, windowSeconds: 3_600 });
const ABOUT_REQUESTS = [
  ruleOf('nothing-there', { status: 404 }),
  ruleOf('refused-guess', { status: 400, method: 'POST', body: 'secret' }),
  ruleOf('accepted', { status: 202 }),
  ruleOf('written', { status: 200, method: 'PUT' }),
  ruleOf('probe', { status: 200, url: /probe/ }),
  ruleOf('scanner', { status: 200, userAgent: /scan/ }),
];
const ABOUT_MORE = [
  ...ABOUT_REQUESTS,
  ruleOf('guess', { status: 200, method: 'POST', body: 'secret' }),
  ruleOf('from', { status: 200, path: '/thing', origin: { countries: ['KP'] } }),
];

const PLAIN: Sent = { line: 'GET /public', headers: ['User-Agent: Browser'] };
const FORM = ['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 8'];

describeOnPlatforms('of clients on %s that keep their connection', (running) => {
  describe.each([
    ['the rules about requests', ABOUT_REQUESTS],
    ['the rules about more than requests', ABOUT_MORE],
  ])('%s', (_, rules) => {
    const ofMore = <Row>(...rows: Row[]) => (rules === ABOUT_MORE ? rows : []);
    const clock = new TestClock().stop();
    /** What is known of where addresses are; a failure while it is not. */
    const countries = new Map<string, string>();
    const clients: KeptClient[] = [];
    let address: string;

    beforeAll(() => {
      const get = (from: string) => {
        const country = countries.get(from);
        if (country === undefined) throw new Error('not known yet');
        return { country };
      };
      return running.start({
        portcullis: {
          tokens: ownTokens,
          bans: { rules, strikeLimit: LIMIT, origins: { readers: [{ get }] } },
          trustedProxies: ['127.0.0.1'],
          now: clock.now,
        },
        controllers: [RoutesController],
      });
    });
    beforeEach(() => {
      answer = 200;
      address = `203.0.113.${++stories}`;
      countries.set(address, 'CH');
    });
    afterEach(() => {
      jest.restoreAllMocks();
      for (const client of clients.splice(0)) client.close();
    });

    const from = (headers: readonly string[], where = address) => [`X-Forwarded-For: ${where}`, ...headers];
    const connect = async ({ headers, ...sent }: Sent) => {
      const client = await KeptClient.open(running.url, { ...sent, headers: from(headers) });
      clients.push(client);
      return client;
    };
    const struck = (where = address) =>
      running.events.of('address.struck').filter(({ request }) => request.address === where);

    /** Counts how often a client can ask for something until it is banned. */
    const probe = async (client: KeptClient, requestOf: (time: number) => Partial<Sent>, status: number) => {
      for (let time = 1; time <= LIMIT; time++) {
        expect(await client.ask(requestOf(time))).toMatch(new RegExp(`^${status} (?!address_banned)`));
        await eventually(() => struck().length === time);
      }
      expect(struck().map(({ total }) => total)).toEqual(
        Array.from({ length: LIMIT }, (_, index) => index + 1),
      );
      expect(await client.ask(requestOf(LIMIT))).toBe('403 address_banned');
    };

    const answering = (status: number) => () => {
      answer = status;
    };
    const scanner = { headers: ['User-Agent: scan/1'] };
    const foreign = () => {
      // A failure is not asked about again for some seconds.
      const { now } = performance;
      jest.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 10_000);
      countries.set(address, 'KP');
      // `lru-cache` looks at the clock once in a millisecond, by a timer that ends before this one.
      return setTimeout(2);
    };

    type Row = [
      string,
      Sent,
      (time: number) => Partial<Sent>,
      number,
      { before?: () => void; after?: () => unknown },
    ];
    it.each<Row>([
      ['one path after another that is not there', PLAIN, (time) => ({ line: `GET /gone-${time}` }), 404, {}],
      ['one path all the time that is not there', PLAIN, () => ({ line: 'GET /gone' }), 404, {}],
      [
        'what is not there, by another user agent',
        PLAIN,
        () => ({ line: 'GET /gone', headers: ['User-Agent: Another'] }),
        404,
        {},
      ],
      ['the same by another method', PLAIN, () => ({ line: 'DELETE /public' }), 404, {}],
      ['what is not there, with a query', PLAIN, (time) => ({ line: `GET /gone?page=${time}` }), 404, {}],
      [
        'the same, which is gone now',
        { ...PLAIN, line: 'GET /thing' },
        () => ({}),
        404,
        { after: answering(404) },
      ],
      [
        'the same with another answer',
        { ...PLAIN, line: 'GET /thing' },
        () => ({}),
        202,
        { after: answering(202) },
      ],
      ['the same by another method, which is served', PLAIN, () => ({ line: 'PUT /public' }), 200, {}],
      ['the same with a query, which is served', PLAIN, () => ({ line: 'GET /public?probe' }), 200, {}],
      ['the same from what now says that it is a scanner', PLAIN, () => scanner, 200, {}],
      ['a handler that has a name for its answers', PLAIN, () => ({ line: 'GET /quiz' }), 200, {}],
      ...ofMore<Row>(
        [
          'a secret in a body where none was before',
          { line: 'POST /public', headers: FORM, body: 'name=abc' },
          (time) => ({ body: `pin=123${time}` }),
          200,
          {},
        ],
        [
          'the same from where nobody is wanted, which becomes known late',
          { ...PLAIN, line: 'GET /thing' },
          () => ({}),
          200,
          { before: () => countries.delete(address), after: foreign },
        ],
      ),
    ])(
      'count as ever what comes after harmless requests: %s',
      async (_, sent, requestOf, status, { before, after }) => {
        before?.();
        const client = await connect(sent);
        const harmless = [await client.ask(), await client.ask(), await client.ask()];
        expect(harmless).toEqual(['200 in', '200 in', '200 in']);
        expect(struck()).toEqual([]);
        await after?.();
        const headersOf = (request: Partial<Sent>) => request.headers && { headers: from(request.headers) };
        await probe(client, (time) => ({ ...requestOf(time), ...headersOf(requestOf(time)) }), status);
      },
    );

    it.each<[string, Sent, number]>([
      ['from a scanner', { ...PLAIN, ...scanner }, 200],
      ['a handler that has a name for its answers', { ...PLAIN, line: 'GET /quiz' }, 200],
      ['what is not there', { ...PLAIN, line: 'GET /gone' }, 404],
      ...ofMore<[string, Sent, number]>([
        'a secret in a body',
        { line: 'POST /public', headers: FORM, body: 'pin=1234' },
        200,
      ]),
    ])('count each time what is the same from the beginning: %s', async (_, sent, status) => {
      await probe(await connect(sent), () => ({}), status);
    });

    it('count guesses that are refused after what was refused for something else', async () => {
      const client = await connect({ line: 'POST /refusing', headers: FORM, body: 'name=abc' });
      for (let time = 0; time < 3; time++) expect(await client.ask()).toMatch(/^400/);
      expect(struck()).toEqual([]);
      await probe(client, (time) => ({ body: `pin=123${time}` }), 400);
    });

    it('ban at once who touches a decoy', async () => {
      const client = await connect(PLAIN);
      for (let time = 0; time < 3; time++) expect(await client.ask()).toBe('200 in');
      expect(await client.ask({ line: 'GET /decoy' })).toBe('200 in');
      expect(await client.ask()).toBe('403 address_banned');
    });

    it('begin anew when a ban is lifted', async () => {
      const client = await connect(PLAIN);
      await probe(client, () => ({ line: 'GET /gone' }), 404);
      const bans = running.app.get(BanService);
      const [ban] = await bans.why(address);
      await bans.unban(ban?.id as string);
      expect([await client.ask(), await client.ask()]).toEqual(['200 in', '200 in']);
      for (let time = 1; time <= LIMIT; time++) {
        expect(await client.ask({ line: 'GET /gone' })).toMatch(/^404/);
        await eventually(() => struck().length === LIMIT + time);
      }
      expect(await client.ask()).toBe('403 address_banned');
    });

    it('tell apart whom a proxy brings over one connection', async () => {
      const client = await connect(PLAIN);
      const [stranger, { headers }] = [`203.0.114.${stories}`, PLAIN];
      const asStranger = { line: 'GET /gone', headers: from(headers, stranger) };
      countries.set(stranger, 'CH');
      for (let time = 1; time <= LIMIT; time++) {
        expect(await client.ask()).toBe('200 in');
        expect(await client.ask(asStranger)).toMatch(/^404/);
        await eventually(() => struck(stranger).length === time);
      }
      expect(await client.ask({ headers: from(headers, stranger) })).toBe('403 address_banned');
      expect([await client.ask(), await client.ask()]).toEqual(['200 in', '200 in']);
      expect(struck()).toEqual([]);
    });
  });
});
