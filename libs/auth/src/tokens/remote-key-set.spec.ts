import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { PortcullisOptions } from '../composition/portcullis.options.js';
import { CHANGES, memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { Replicator } from '../replication/replicator.js';
import { KeyRing } from './key-ring.js';
import type { KeySource } from './key-set.js';
import { TrustedIssuers } from './trusted-issuers.js';
import type { VerificationKey } from './verification-key.js';

const STORES = memoryStores();
const ISSUER = 'https://login.example';
const SECOND = 1_000;
const START = Date.UTC(2030, 0, 1);
const TIMES = { keyRefreshSeconds: 300, keyMaxAgeSeconds: 3_600, keyCooldownSeconds: 30 };

const ed25519 = (kid: string) => ({
  ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }),
  kid,
});
const [K1, K2] = [ed25519('k1'), ed25519('k2')];

let now: number;
let server: Server;
let origin: string;
let answer: RequestListener;
/** The paths that were asked for, in order. */
let asked: string[];
let warned: jest.SpiedFunction<Logger['warn']>;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  now = START;
  asked = [];
  answer = publish(K1);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
const publish = (...keys: object[]) => json({ keys });
const gone: RequestListener = (_, response) => response.writeHead(503).end();

/** The keys of an issuer as an app reads them. */
function keysOf(trusted: object = { jwksUri: `${origin}/jwks` }, issuer = ISSUER): KeySource {
  const trustedIssuers = [{ issuer, allowHttpOnLoopback: true, ...trusted }];
  const tokens: PortcullisOptions['tokens'] = { audience: 'parcels', trustedIssuers, ...TIMES };
  const options = resolveOptions({ tokens, now: () => now }, STORES);
  return new TrustedIssuers(
    options,
    new KeyRing(options, new Replicator(options, new SecurityEvents(), CHANGES), new SecurityEvents()),
  ).find(issuer)?.keys as KeySource;
}

const kidsOf = (keys: readonly VerificationKey[]) => keys.map(({ kid }) => kid);
const find = async (keys: KeySource, kid: string) => kidsOf(await keys.find('EdDSA', kid));

async function refusal(keys: KeySource, kid = 'k1'): Promise<PortcullisError> {
  const error = await find(keys, kid).catch((thrown: unknown) => thrown);
  if (error instanceof PortcullisError) return error;
  throw new Error(`expected a refusal, not ${error}`);
}

/** Until a fetch in the background has been answered and read. */
async function settled(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition() && performance.now() < end) await new Promise((done) => setImmediate(done));
  expect(condition()).toBe(true);
}

describe('the keys of an issuer elsewhere', () => {
  it('are not fetched before they are needed, and then once', async () => {
    const keys = keysOf();
    expect(asked).toEqual([]);
    expect(await find(keys, 'k1')).toEqual(['k1']);
    expect(keys.find('EdDSA', 'k1')).not.toBeInstanceOf(Promise);
    expect(asked).toEqual(['/jwks']);
  });

  it('are fetched once for all who ask at the same time', async () => {
    const keys = keysOf();
    const found = await Promise.all(Array.from({ length: 500 }, () => find(keys, 'k1')));
    expect(found.every(([kid]) => kid === 'k1')).toBe(true);
    expect(asked).toHaveLength(1);
  });

  it('are fetched at most twice for 10,000 made-up kids at once, and not again within the cool-down', async () => {
    const keys = keysOf();
    const guess = () =>
      Promise.all(Array.from({ length: 10_000 }, (_, index) => find(keys, `guess ${index}`)));
    expect((await guess()).flat()).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(2);
    const before = asked.length;
    now += 29 * SECOND;
    await guess();
    expect(asked).toHaveLength(before);
    now += SECOND;
    await guess();
    expect(asked).toHaveLength(before + 1);
  });

  it('are fetched again for a kid that is new, once the cool-down is over', async () => {
    const keys = keysOf();
    await find(keys, 'k1');
    answer = publish(K1, K2);
    expect(await find(keys, 'k2')).toEqual([]);
    now += 30 * SECOND;
    expect(await find(keys, 'k2')).toEqual(['k2']);
    expect(asked).toHaveLength(2);
  });

  it('are fetched again when they are old, while whoever asks is served at once', async () => {
    const keys = keysOf();
    const [key] = await keys.find('EdDSA', 'k1');
    answer = publish(K2);
    now += 299 * SECOND;
    expect(keys.find('EdDSA', 'k1')).not.toBeInstanceOf(Promise);
    expect(asked).toHaveLength(1);
    now += SECOND;
    expect(keys.find('EdDSA', 'k1')).not.toBeInstanceOf(Promise);
    await settled(() => !keys.has(key?.id as string));
    // A key that has retired is refused from now on.
    expect(await find(keys, 'k1')).toEqual([]);
    expect(await find(keys, 'k2')).toEqual(['k2']);
    expect(asked).toHaveLength(2);
  });

  it('are fetched again when they are old though only remembered tokens ask', async () => {
    const keys = keysOf();
    const [key] = await keys.find('EdDSA', 'k1');
    const id = key?.id as string;
    answer = publish(K2);
    now += 300 * SECOND;
    expect(keys.has(id)).toBe(true);
    await settled(() => !keys.has(id));
    expect(asked).toHaveLength(2);
  });
});

describe('keys that nobody asked about for long', () => {
  it('are fetched before anyone is served, so that a retired one is not accepted once more', async () => {
    const keys = keysOf();
    const [retired] = await keys.find('EdDSA', 'k1');
    answer = publish(K2);
    now += 3_000 * SECOND;
    expect(keys.has(retired?.id as string)).toBe(false);
    expect(await find(keys, 'k1')).toEqual([]);
    expect(await find(keys, 'k2')).toEqual(['k2']);
  });

  it('do not grow young again when the clock is set back', async () => {
    const keys = keysOf();
    const [retired] = await keys.find('EdDSA', 'k1');
    answer = publish(K2);
    now -= 86_400 * SECOND;
    expect(keys.has(retired?.id as string)).toBe(false);
    expect(await find(keys, 'k2')).toEqual(['k2']);
  });
});

describe('while an issuer does not answer', () => {
  it('its last keys serve until they are too old, and not for a moment longer', async () => {
    const keys = keysOf();
    const [key] = await keys.find('EdDSA', 'k1');
    const id = key?.id as string;
    answer = gone;
    for (const seconds of [300, 1_800, 3_599]) {
      now = START + seconds * SECOND;
      expect(await find(keys, 'k1')).toEqual(['k1']);
      expect(keys.has(id)).toBe(true);
    }
    now = START + 3_600 * SECOND;
    expect(keys.has(id)).toBe(false);
    expect(await refusal(keys)).toMatchObject({ code: 'temporarily_unavailable', retryAfterSeconds: 1 });
  });

  it('it is asked again no more than once a second', async () => {
    const keys = keysOf();
    answer = gone;
    await Promise.all(Array.from({ length: 100 }, () => refusal(keys)));
    await refusal(keys);
    expect(asked).toHaveLength(1);
    now += SECOND;
    await Promise.all(Array.from({ length: 100 }, () => refusal(keys)));
    expect(asked).toHaveLength(2);
    answer = publish(K1);
    now += SECOND;
    expect(await find(keys, 'k1')).toEqual(['k1']);
  });

  it('an app boots all the same, and other issuers are left alone', async () => {
    answer = (request, response) => (request.url === '/other' ? publish(K2) : gone)(request, response);
    const [down, up] = [keysOf(), keysOf({ jwksUri: `${origin}/other` }, 'https://other.example')];
    expect((await refusal(down)).code).toBe('temporarily_unavailable');
    expect(await find(up, 'k2')).toEqual(['k2']);
  });
});

describe('an issuer that misbehaves is as good as silent, until it recovers', () => {
  const flood: RequestListener = (_, response) => {
    const chunk = Buffer.alloc(65_536, ' ');
    let left = 800;
    const more = (): void => {
      while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', more);
      response.end('{"keys":[]}');
    };
    response.once('close', () => {
      left = 0;
    });
    more();
  };

  it.each<[string, RequestListener]>([
    ['answers an error', (_, response) => response.writeHead(500).end(JSON.stringify({ keys: [K2] }))],
    ['answers 204', (_, response) => response.writeHead(204).end()],
    ['answers 206', (_, response) => response.writeHead(206).end(JSON.stringify({ keys: [K2] }))],
    ['sends us elsewhere', (_, response) => response.writeHead(302, { Location: `${origin}/evil` }).end()],
    ['sends us elsewhere for good', (_, response) => response.writeHead(308, { Location: '/evil' }).end()],
    ['answers 50 MB', flood],
    [
      'announces 50 MB',
      (_, response) => response.writeHead(200, { 'Content-Length': 50_000_000 }).end(' '.repeat(300_000)),
    ],
    ['answers HTML', (_, response) => response.setHeader('Content-Type', 'text/html').end('<html></html>')],
    ['answers another kind of JSON', json({ keys: 'none' })],
    ['answers a list', json([K2])],
    ['answers null', json(null)],
    ['has no key at all', json({ keys: [] })],
    [
      'has only keys that are unfit',
      json({
        keys: [
          { ...K2, use: 'enc' },
          { kty: 'oct', k: 'AAAA' },
        ],
      }),
    ],
    ['answers half of it', (_, response) => void response.write('{"keys":[', () => response.destroy())],
    ['hangs up', (_, response) => response.destroy()],
  ])('%s', async (_, misbehave) => {
    const fresh = keysOf();
    const served = keysOf();
    const [key] = await served.find('EdDSA', 'k1');
    answer = (request, response) => (request.url === '/evil' ? publish(K2) : misbehave)(request, response);
    now += 300 * SECOND;

    expect((await refusal(fresh, 'k2')).code).toBe('temporarily_unavailable');
    // What it said before goes on.
    expect(await find(served, 'k2')).toEqual([]);
    expect(served.has(key?.id as string)).toBe(true);
    expect(asked).not.toContain('/evil');
    expect(warned).toHaveBeenCalled();

    answer = publish(K2);
    now += SECOND;
    expect(await find(fresh, 'k2')).toEqual(['k2']);
    expect(await find(served, 'k2')).toEqual(['k2']);
  });

  it('drips slowly: it has three seconds for all of it', async () => {
    let timer: NodeJS.Timeout | undefined;
    answer = (_, response) => {
      response.write('{"keys":[');
      timer = setInterval(() => response.write(' '), 100);
      response.once('close', () => clearInterval(timer));
    };
    const keys = keysOf();
    // A tenth of its time is enough to see that it holds for the body, too.
    const { timeout } = AbortSignal;
    const limit = jest
      .spyOn(AbortSignal, 'timeout')
      .mockImplementation((ms) => timeout.call(AbortSignal, ms / 10));
    const before = performance.now();
    expect((await refusal(keys)).code).toBe('temporarily_unavailable');
    expect(limit.mock.calls).toEqual([[3_000]]);
    expect(performance.now() - before).toBeGreaterThan(250);
    expect(performance.now() - before).toBeLessThan(10_000);
    limit.mockRestore();
    clearInterval(timer);
    answer = publish(K1);
    now += SECOND;
    expect(await find(keys, 'k1')).toEqual(['k1']);
  }, 20_000);
});

describe('an issuer that says itself where its keys are', () => {
  const OIDC = '/.well-known/openid-configuration';
  const OAUTH = '/.well-known/oauth-authorization-server';
  /** Answers these paths with JSON and every other one with 404. */
  const site =
    (documents: Record<string, unknown>): RequestListener =>
    (request, response) =>
      request.url !== undefined && request.url in documents
        ? json(documents[request.url])(request, response)
        : response.writeHead(404).end();
  const keys = { keys: [K1] };

  it('is asked as OpenID Connect has it', async () => {
    answer = site({ [OIDC]: { issuer: origin, jwks_uri: `${origin}/keys` }, '/keys': keys });
    expect(await find(keysOf({}, origin), 'k1')).toEqual(['k1']);
    expect(asked).toEqual([OIDC, '/keys']);
  });

  it('is asked as RFC 8414 has it, where OpenID Connect is unknown to it', async () => {
    const [issuer, document] = [`${origin}/tenant`, `${OAUTH}/tenant`];
    answer = site({ [document]: { issuer, jwks_uri: `${origin}/keys` }, '/keys': keys });
    expect(await find(keysOf({}, issuer), 'k1')).toEqual(['k1']);
    expect(asked).toEqual([`/tenant${OIDC}`, document, '/keys']);
  });

  it('may end in a slash', async () => {
    const issuer = `${origin}/tenant/`;
    answer = site({ [`/tenant${OIDC}`]: { issuer, jwks_uri: `${origin}/keys` }, '/keys': keys });
    expect(await find(keysOf({}, issuer), 'k1')).toEqual(['k1']);
  });

  it.each<[string, (issuer: string) => unknown]>([
    ['another issuer', () => ({ issuer: 'https://evil.example', jwks_uri: `${origin}/keys` })],
    ['an issuer with a slash more', (issuer) => ({ issuer: `${issuer}/`, jwks_uri: `${origin}/keys` })],
    ['no issuer', () => ({ jwks_uri: `${origin}/keys` })],
    ['no keys', (issuer) => ({ issuer })],
    ['keys that are no URL', (issuer) => ({ issuer, jwks_uri: 'keys' })],
    ['keys that are no text', (issuer) => ({ issuer, jwks_uri: [`${origin}/keys`] })],
    ['keys by plain http elsewhere', (issuer) => ({ issuer, jwks_uri: 'http://192.0.2.1/keys' })],
    ['keys in a file', (issuer) => ({ issuer, jwks_uri: 'file:///etc/jwks.json' })],
    ['keys in the URL', (issuer) => ({ issuer, jwks_uri: `data:application/json,${JSON.stringify(keys)}` })],
    ['nothing', () => null],
    ['a text', () => 'metadata'],
  ])('is not believed when it names %s', async (_, document) => {
    answer = site({ [OIDC]: document(origin), '/keys': keys });
    expect((await refusal(keysOf({}, origin))).code).toBe('temporarily_unavailable');
    expect(asked).not.toContain('/keys');
  });

  it('is not asked anew for each fetch that fails, nor for each kid', async () => {
    answer = site({ [OIDC]: { issuer: origin, jwks_uri: `${origin}/keys` } });
    const source = keysOf({}, origin);
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => refusal(source, `guess ${index}`)));
    expect(asked).toEqual([OIDC, '/keys']);
  });
});
