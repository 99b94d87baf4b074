import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { crc32 } from 'node:zlib';
import { Controller, Get, type INestApplication, type LoggerService, ValidationPipe } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  type ApiKeyRecord,
  ApiKeyService,
  MemoryApiKeyStore,
  PortcullisLeakReportsModule,
  RequireApp,
  RequireUser,
} from '@portcullis/auth';
import { TestClock } from '../support/clock.js';
import { eachRefusal, noStrikes, ownTokens } from '../support/credentials.js';
import { problemIn } from '../support/http.js';
import { listen } from '../support/listen.js';
import { rawRequest } from '../support/raw-connection.js';
import { ReportSigner } from '../support/report-signer.js';
import { type AppParts, describeOnPlatforms } from '../support/running-app.js';

const FOUND_AT = 'https://github.com/octo/parcels/blob/main/.env#L3';
const TYPE = 'parcel_api_key';

@Controller()
class RoutesController {
  @RequireApp('scans:write')
  @Get('app')
  app() {
    return 'in';
  }

  @RequireUser('scans:write')
  @Get('user')
  user() {
    return 'in';
  }
}

/** Can be taken down. */
class FailingStore extends MemoryApiKeyStore {
  isDown = false;

  override async findById(id: string): Promise<ApiKeyRecord | undefined> {
    if (this.isDown) throw new Error('connection refused by db.internal');
    return super.findById(id);
  }
}

/** A key with the checksum that fits, as only somebody makes it who wants to be asked for in the store. */
function checked(body: string): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const checksum = [5, 4, 3, 2, 1, 0].map((place) => digits[Math.floor(crc32(body) / 62 ** place) % 62]);
  return body + checksum.join('');
}
/** The id of one key with another secret. */
const forged = (key: string) => checked(`${key.slice(0, key.lastIndexOf('_'))}_${'x'.repeat(43)}`);
/** The same key as another environment has it. */
const inTest = (key: string) => checked(key.slice(0, -6).replace('_live_', '_test_'));

describeOnPlatforms('leak reports on %s', (running) => {
  const github = new ReportSigner('k1');
  let published: readonly object[];
  let answer: RequestListener;
  let asked: number;
  let keyServer: Awaited<ReturnType<typeof listen>>;
  let apiKeys: ApiKeyService;
  let store: FailingStore;
  let clock: TestClock;

  async function start({ portcullis, ...parts }: AppParts = {}) {
    published = [github.published];
    answer = (_, response) => void response.end(JSON.stringify({ public_keys: published }));
    asked = 0;
    store = new FailingStore();
    clock = new TestClock().stop();
    await running.start({
      portcullis: {
        tokens: ownTokens,
        bans: noStrikes,
        apiKeys: { prefix: 'parcel' },
        stores: { apiKeys: store },
        now: clock.now,
        ...portcullis,
      },
      imports: [
        PortcullisLeakReportsModule.register({
          path: 'hooks/leaks',
          keysUrl: `${keyServer.url}/keys`,
          allowHttpOnLoopback: true,
        }),
      ],
      controllers: [RoutesController],
      rawBody: true,
      ...parts,
    });
    apiKeys = running.app.get(ApiKeyService);
  }

  beforeAll(async () => {
    keyServer = await listen((request, response) => {
      asked++;
      answer(request, response);
    });
  });
  afterAll(() => keyServer.close());

  const newKey = (changes = {}) =>
    apiKeys.create({ appId: 'depot', name: 'north', scopes: ['scans:write'], ...changes });
  const messageOf = (...tokens: string[]) =>
    JSON.stringify(tokens.map((token) => ({ token, type: TYPE, url: FOUND_AT, source: 'content' })));
  const send = (body: string, headers: Record<string, string> = github.headersFor(body)) =>
    running.send('POST', '/hooks/leaks', headers, body);
  const report = (...tokens: string[]) => send(messageOf(...tokens));
  const labelsIn = async (response: Response) => {
    expect(response.status).toBe(200);
    return ((await response.json()) as { label: string }[]).map(({ label }) => label);
  };
  const use = (key: string) => running.statusOf('/app', { 'x-api-key': key });
  const leaks = () => running.events.of('credential.leaked');

  it('shut a leaked key out from the next request on, though it was proven a moment ago', async () => {
    await start();
    const { key, id } = await newKey();
    expect(await use(key)).toBe(200);
    const response = await report(key);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const hash = createHash('sha256').update(key).digest('hex');
    expect(await response.json()).toEqual([{ token_hash: hash, token_type: TYPE, label: 'true_positive' }]);
    expect(await use(key)).toBe(401);
    expect(await apiKeys.find(id)).toMatchObject({ revokedReason: 'leaked' });

    expect(running.events.of('api-key.revoked')).toEqual([
      {
        type: 'api-key.revoked',
        keyId: id,
        appId: 'depot',
        reason: 'leaked',
        actor: 'secret-scanning',
        address: '127.0.0.1',
        requestId: expect.any(String),
      },
    ]);
    expect(leaks()).toEqual([
      {
        type: 'credential.leaked',
        leak: 'report',
        credential: 'api-key',
        id,
        foundAt: FOUND_AT,
        request: {
          requestId: expect.stringMatching(/^[\w-]{36}$/),
          method: 'POST',
          path: '/hooks/leaks',
          address: '127.0.0.1',
          handler: 'LeakReportsController.take',
        },
      },
    ]);
  });

  it('shut a leaked personal token out', async () => {
    await start();
    const holder = { issuer: ownTokens.issuer.url, subject: 'ada' };
    const { key } = await apiKeys.create({ ...holder, name: 'laptop', scopes: ['scans:write'] });
    const useToken = () => running.statusOf('/user', { authorization: `Bearer ${key}` });
    expect(await useToken()).toBe(200);
    expect(await labelsIn(await report(key))).toEqual(['true_positive']);
    expect(await useToken()).toBe(401);
    expect(running.events.of('api-key.revoked')).toMatchObject([
      { subject: 'ada', actor: 'secret-scanning' },
    ]);
  });

  it('end keys that are disabled or expired, so that they never come back', async () => {
    await start();
    const [disabled, expired] = [await newKey(), await newKey({ lifetimeSeconds: 60 })];
    await apiKeys.disable(disabled.id);
    clock.forward(61);
    expect(await labelsIn(await report(disabled.key, expired.key))).toEqual([
      'true_positive',
      'true_positive',
    ]);
    expect(await apiKeys.enable(disabled.id)).toBe(false);
    expect(await use(disabled.key)).toBe(401);
    expect((await apiKeys.find(expired.id))?.revokedAt).toBeGreaterThan(0);
  });

  it('emit once for a token that stands in a message twice, and again for one in another message', async () => {
    await start();
    const { key } = await newKey();
    expect(await labelsIn(await report(key, key))).toEqual(['true_positive', 'true_positive']);
    expect(leaks()).toHaveLength(1);
    expect(await labelsIn(await report(key))).toEqual(['true_positive']);
    expect(leaks()).toHaveLength(2);
    expect(running.events.of('api-key.revoked')).toHaveLength(1);
  });

  it('that are too long for the app are not read', async () => {
    await start();
    const body = JSON.stringify([{ token: 'x', type: TYPE, source: 'x'.repeat(1_100_000) }]);
    expect((await send(body)).status).toBe(413);
    expect(asked).toBe(0);
  });

  it('come in messages of up to 1000, where the app reads as much', async () => {
    const prepare = (prepared: INestApplication) => {
      // Express reads 100 kB by default, Fastify 1 MiB.
      if (running.platform === 'express')
        (prepared as NestExpressApplication).useBodyParser('json', { limit: '1mb' });
    };
    await start({ prepare });
    const { key } = await newKey();
    const others = Array.from({ length: 999 }, (_, index) => `invented ${index}`);
    expect((await labelsIn(await report(...others, key))).at(-1)).toBe('true_positive');
    expect((await report(...others, 'one', 'more')).status).toBe(400);
  });

  it('are taken whatever pipes the app has, and checked on the bytes as they came', async () => {
    const pipe = new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true });
    await start({ prepare: (prepared) => prepared.useGlobalPipes(pipe) });
    const { key } = await newKey();
    const message = ` ${messageOf(key).replace('parcel_live', '\\u0070arcel_live')}\r\n`;
    expect(await labelsIn(await send(message))).toEqual(['true_positive']);
    expect(await use(key)).toBe(401);
  });

  it('are counted against who forges them', async () => {
    await start({ portcullis: { bans: { ...eachRefusal, strikeLimit: 3, privateAddresses: true } } });
    for (let attempt = 0; attempt < 3; attempt++) await send('[]', { 'github-public-key-identifier': 'k1' });
    await running.events.first('address.banned');
    const response = await send('[]');
    expect((await problemIn(response)).code).toBe('address_banned');
  });

  it('are taken from a new key as soon as the list has it, and from an old one as long as it does', async () => {
    await start();
    const next = new ReportSigner('k2');
    const message = messageOf('invented');
    const sendBy = async (signer: ReportSigner) => (await send(message, signer.headersFor(message))).status;
    expect(await sendBy(github)).toBe(200);
    expect(await sendBy(next)).toBe(403);
    published = [{ ...github.published, is_current: false }, next.published];
    clock.forward(29);
    expect(await sendBy(next)).toBe(403);
    expect(asked).toBe(1);
    clock.forward(2);
    expect(await sendBy(next)).toBe(200);
    expect(await sendBy(github)).toBe(200);
    expect(asked).toBe(2);
    published = [next.published];
    clock.forward(2 * 3_600);
    expect(await sendBy(github)).toBe(403);
    expect(await sendBy(next)).toBe(200);
  });

  it('are never taken from a key of another kind', async () => {
    await start();
    const signer = new ReportSigner('k2', 'secp256k1');
    published = [github.published, signer.published];
    const message = messageOf('invented');
    expect((await send(message, signer.headersFor(message))).status).toBe(403);
    expect((await send(message)).status).toBe(200);
  });

  it('are to be sent again while the keys of the reporter are out of reach, and known keys serve through an outage', async () => {
    await start();
    const { key } = await newKey();
    const serve = answer;
    answer = (_, response) => response.writeHead(503).end();
    const response = await report(key);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('30');
    expect((await problemIn(response)).code).toBe('temporarily_unavailable');
    expect(await use(key)).toBe(200);

    clock.forward(31);
    answer = serve;
    expect(await labelsIn(await report(key))).toEqual(['true_positive']);
    answer = (_, response) => response.destroy();
    clock.forward(23 * 3_600);
    expect(await labelsIn(await report(key))).toEqual(['true_positive']);
    clock.forward(3_600);
    expect((await report(key)).status).toBe(503);
  });

  it('are to be sent again while the store is down, and not a word of the cause gets out', async () => {
    await start();
    const { key } = await newKey();
    store.isDown = true;
    const response = await report(key);
    expect(response.status).toBe(503);
    const problem = await problemIn(response);
    expect(JSON.stringify(problem)).not.toContain('db.internal');
    expect((await running.events.about('request.refused', problem.requestId)).reason).toContain(
      'db.internal',
    );
    store.isDown = false;
    expect(await labelsIn(await report(key))).toEqual(['true_positive']);
  });

  it('are turned away by an app that does not keep the bytes, and its operator reads why, once', async () => {
    const lines: string[] = [];
    const write = (...parts: unknown[]) => void lines.push(parts.join(' '));
    const logger: LoggerService = { log() {}, warn: write, error: write };
    await start({ rawBody: false, logger });
    const { key } = await newKey();
    for (let attempt = 0; attempt < 2; attempt++) {
      const response = await report(key);
      expect(response.status).toBe(503);
      const problem = await problemIn(response);
      expect(JSON.stringify(problem)).not.toContain('rawBody');
      expect((await running.events.about('request.refused', problem.requestId)).reason).toContain(
        'rawBody: true',
      );
    }
    expect(lines.filter((line) => line.includes('rawBody: true'))).toHaveLength(1);
    expect(await use(key)).toBe(200);
    expect(asked).toBe(0);
  });

  it('leave no secret in an event, an answer or a log', async () => {
    const shown: string[] = [];
    const write = (...parts: unknown[]) => void shown.push(inspect(parts));
    await start({
      logger: { log: write, warn: write, error: write, debug: write, verbose: write },
    });
    const { key } = await newKey();
    const place = `https://github.com/octo/${key.replace('_', '%5f')}`;
    const messages = [
      JSON.stringify([{ token: key, type: TYPE, url: place }]),
      JSON.stringify([{ token: key, type: 7, url: place }]),
      messageOf(forged(key)),
    ];
    for (const message of messages) {
      for (const headers of [github.headersFor(message), {}]) {
        const response = await send(message, headers);
        shown.push(inspect([...response.headers]), await response.text());
      }
    }
    store.isDown = true;
    shown.push(await (await report(key)).text());
    await running.events.first('request.refused', 4);
    expect(leaks()).toHaveLength(1);
    expect(leaks()[0]).not.toHaveProperty('foundAt');
    const secret = key.slice(key.lastIndexOf('_') + 1, -6);
    expect(inspect([shown, running.events.all], { depth: 9 })).not.toContain(secret);
    expect(inspect([shown, running.events.all], { depth: 9 })).not.toContain('x'.repeat(43));
  });

  describe('that nobody may believe', () => {
    beforeAll(() => start());

    it('revoke nothing for a real id with an invented secret, nor for what is no key of this environment', async () => {
      const { key } = await newKey();
      expect(await labelsIn(await report(forged(key), inTest(key), 'invented'))).toEqual(
        Array(3).fill('false_positive'),
      );
      expect(await use(key)).toBe(200);
      expect(leaks()).toEqual([]);
    });

    it.each<[string, (message: string) => Record<string, string>]>([
      ['without headers', () => ({})],
      ['without a signature', () => ({ 'github-public-key-identifier': 'k1' })],
      [
        'without the name of a key',
        (message) => ({ 'github-public-key-signature': github.signatureOf(message) }),
      ],
      ['signed by somebody else under that name', (message) => new ReportSigner('k1').headersFor(message)],
      ['signed by a key that nobody knows', (message) => new ReportSigner('k9').headersFor(message)],
      ['with the signature of another message', () => github.headersFor(messageOf('another'))],
      ['with the same bytes and a line more', (message) => github.headersFor(`${message}\n`)],
      [
        'with a signature in base64url',
        (message) => ({
          ...github.headersFor(message),
          'github-public-key-signature': `${github.signatureOf(message)}_-`,
        }),
      ],
    ])('are refused %s, and nothing is revoked', async (_, headersFor) => {
      const { key } = await newKey();
      const message = messageOf(key);
      const response = await send(message, headersFor(message));
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toBeNull();
      const problem = await problemIn(response);
      expect(problem).toMatchObject({
        code: 'invalid_signature',
        detail: 'The message is not signed as it must be.',
      });
      expect((await running.events.about('request.refused', problem.requestId)).request).toMatchObject({
        path: '/hooks/leaks',
        handler: 'LeakReportsController.take',
      });
      expect(await use(key)).toBe(200);
      expect(leaks()).toEqual([]);
    });

    it('are refused when a header comes twice, also with the same value', async () => {
      const message = messageOf('invented');
      const signatures = [github, new ReportSigner('k1')].map(
        (signer) => `GitHub-Public-Key-Signature: ${signer.signatureOf(message)}`,
      );
      const [good, bad] = signatures as [string, string];
      const name = 'GitHub-Public-Key-Identifier: k1';
      const sendRaw = async (...headers: string[]) => {
        const framing = ['Content-Type: application/json', `Content-Length: ${message.length}`];
        return (await rawRequest(running.url, 'POST /hooks/leaks', [...framing, ...headers], message)).status;
      };
      expect(await sendRaw(name, good)).toBe(200);
      for (const headers of [
        [name, good, bad],
        [name, bad, good],
        [name, good, good],
        [name, name, good],
        [name, 'GitHub-Public-Key-Identifier: k2', good],
      ])
        expect(await sendRaw(...headers)).toBe(403);
    });

    it('are refused before their content is looked at', async () => {
      for (const body of ['{"no":"list"}', '[{"token":7}]', '[]']) {
        expect((await send(body, new ReportSigner('k1').headersFor(body))).status).toBe(403);
      }
      expect((await send('')).status).toBeGreaterThanOrEqual(400);
    });

    it('that are signed and make no sense are answered with 400, and nothing of them is repeated', async () => {
      const { key } = await newKey();
      for (const content of [{ token: key }, [{ token: key }], [{ token: [key], type: TYPE }]]) {
        const response = await send(JSON.stringify(content));
        expect(response.status).toBe(400);
        expect(await response.text()).not.toContain(key);
      }
      expect(await use(key)).toBe(200);
      expect(await (await send('[]')).json()).toEqual([]);
    });

    it('in another form than JSON are refused', async () => {
      const message = messageOf((await newKey()).key);
      for (const type of ['text/plain', 'application/octet-stream', 'application/xml']) {
        const headers = { ...github.headersFor(message), 'content-type': type };
        const response = await running.fetch('/hooks/leaks', { method: 'POST', headers, body: message });
        expect([403, 415]).toContain(response.status);
      }
      expect(leaks()).toEqual([]);
    });
  });
});
