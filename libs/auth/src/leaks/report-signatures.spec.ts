import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { memoryStores, resolveOptions } from '../composition/resolve-options.spec-support.js';
import { PortcullisError } from '../errors.js';
import { leakReportOptions } from './leak-report.options.js';
import { ReportSignatures } from './report-signatures.js';

/** The example in GitHub's documentation of the secret scanning partner program. */
const GITHUB = {
  message: '[{"token":"some_token","type":"some_type","url":"some_url"}]',
  identifier: '90a421169f0a406205f1563a953312f0be898d3c7b6c06b681aa86a874555f4a',
  signature:
    'MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=',
  key: createPublicKey(`-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUq
kCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==
-----END PUBLIC KEY-----
`),
};

const STORES = memoryStores();
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const START = Date.UTC(2030, 0, 1);
const MESSAGE = '[{"token":"a","type":"b"}]';

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const [K1, K2] = [p256(), p256()];
const pemOf = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' });
const listed = (identifier: string, key: KeyObject, isCurrent = true) => ({
  key_identifier: identifier,
  key: pemOf(key),
  is_current: isCurrent,
});
const signed = (key: KeyObject, message = MESSAGE) =>
  sign('sha256', Buffer.from(message), key).toString('base64');

let now: number;
let server: Server;
let url: string;
let answer: RequestListener;
let asked: number;
let signatures: ReportSignatures;
let warned: jest.SpiedFunction<Logger['warn']>;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked++;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
});
beforeEach(() => {
  warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  now = START;
  asked = 0;
  answer = publish(listed('k1', K1.publicKey));
  signatures = new ReportSignatures(
    leakReportOptions({ keysUrl: url, allowHttpOnLoopback: true }),
    resolveOptions({ now: () => now }, STORES),
  );
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    void response.end(JSON.stringify(value));
const publish = (...keys: unknown[]) => json({ public_keys: keys });
const gone: RequestListener = (_, response) => response.writeHead(503).end();

/** 'verified', or the code of the refusal. */
async function verdict(identifier: unknown, signature: unknown, message = MESSAGE): Promise<string> {
  try {
    await signatures.verify(Buffer.from(message), identifier, signature);
    return 'verified';
  } catch (error) {
    if (error instanceof PortcullisError) return error.code;
    throw error;
  }
}
const of = (identifier: string, { privateKey }: { privateKey: KeyObject }) =>
  verdict(identifier, signed(privateKey));

/** Until a fetch in the background has been answered and read. */
async function settled(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition()) && performance.now() < end) await new Promise((done) => setImmediate(done));
  expect(await condition()).toBe(true);
}

describe('a signature', () => {
  it("verifies in the example of GitHub's documentation", async () => {
    answer = publish(listed(GITHUB.identifier, GITHUB.key));
    const { identifier, signature, message } = GITHUB;
    expect(await verdict(identifier, signature, message)).toBe('verified');
    for (const other of [`${message}\n`, message.replace('some_url', 'some_urk'), '', ` ${message}`])
      expect(await verdict(identifier, signature, other)).toBe('invalid_signature');
  });

  it('verifies with the key that it names, and no other', async () => {
    answer = publish(listed('k1', K1.publicKey), listed('k2', K2.publicKey));
    expect(await of('k1', K1)).toBe('verified');
    expect(await of('k2', K2)).toBe('verified');
    expect(await of('k1', K2)).toBe('invalid_signature');
    expect(await of('k2', K1)).toBe('invalid_signature');
  });

  it('verifies with a key that is no longer current, as long as it is listed', async () => {
    answer = publish(listed('k2', K2.publicKey), listed('k1', K1.publicKey, false));
    expect(await of('k1', K1)).toBe('verified');
  });

  const good = signed(K1.privateKey);
  it.each<[string, unknown, unknown]>([
    ['names no key', undefined, good],
    ['names an empty key', '', good],
    ['names two keys', 'k1, k1', good],
    ['names a list', ['k1'], good],
    ['names an endless key', 'k'.repeat(201), good],
    ['is missing', 'k1', undefined],
    ['is empty', 'k1', ''],
    ['is a list', 'k1', [good]],
    ['comes twice', 'k1', `${good}, ${good}`],
    ['is no base64', 'k1', `*${good.slice(1)}`],
    ['has spaces', 'k1', ` ${good}`],
    ['is base64url', 'k1', `${good.slice(0, 8)}-_${good.slice(10)}`],
    ['has spare bits', 'k1', 'MEUCIR=='],
    ['is endless', 'k1', 'A'.repeat(100)],
  ])('that %s is refused before any key is fetched', async (_, identifier, signature) => {
    expect(await verdict(identifier, signature)).toBe('invalid_signature');
    expect(asked).toBe(0);
  });

  it.each<[string, (der: Buffer) => Buffer]>([
    [
      'as JOSE writes it',
      () => sign('sha256', Buffer.from(MESSAGE), { key: K1.privateKey, dsaEncoding: 'ieee-p1363' }),
    ],
    ['cut off', (der) => der.subarray(0, -1)],
    ['of zeros', () => Buffer.from('3006020100020100', 'hex')],
    ['of nothing', () => Buffer.from('3000', 'hex')],
    ['over SHA-512', () => sign('sha512', Buffer.from(MESSAGE), K1.privateKey)],
  ])('%s is refused', async (_, change) => {
    const der = change(Buffer.from(signed(K1.privateKey), 'base64'));
    expect(await verdict('k1', der.toString('base64'))).toBe('invalid_signature');
  });

  it('is refused with the same words for the client, whatever is wrong', async () => {
    const errors = await Promise.all(
      [
        signatures.verify(Buffer.from(MESSAGE), undefined, signed(K1.privateKey)),
        signatures.verify(Buffer.from(MESSAGE), 'k9', signed(K1.privateKey)),
        signatures.verify(Buffer.from(MESSAGE), 'k1', signed(K2.privateKey)),
      ].map((promise) => promise.catch((error: PortcullisError) => error)),
    );
    const [first, ...others] = errors.map((error) => (error as PortcullisError).getResponse());
    for (const other of others) expect(other).toEqual(first);
    expect((errors[0] as PortcullisError).getStatus()).toBe(403);
    expect(new Set(errors.map((error) => (error as PortcullisError).reason)).size).toBe(3);
  });
});

describe('the published keys', () => {
  it('are fetched when they are needed, and once for all who ask at the same time', async () => {
    expect(asked).toBe(0);
    await Promise.all(Array.from({ length: 100 }, () => of('k1', K1)));
    expect(await of('k1', K1)).toBe('verified');
    expect(asked).toBe(1);
  });

  it('are fetched again for an unknown key, once in 30 seconds whoever asks', async () => {
    await of('k1', K1);
    answer = publish(listed('k2', K2.publicKey));
    now += 29 * SECOND;
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => of(`guess${index}`, K1)));
    expect(await of('k2', K2)).toBe('invalid_signature');
    expect(asked).toBe(1);
    now += SECOND;
    expect(await of('k2', K2)).toBe('verified');
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => of(`guess${index}`, K1)));
    expect(asked).toBe(2);
  });

  it('are fetched again after an hour, so that one that was taken out of the list is refused', async () => {
    await of('k1', K1);
    answer = publish(listed('k2', K2.publicKey));
    now += HOUR - SECOND;
    expect(await of('k1', K1)).toBe('verified');
    expect(asked).toBe(1);
    now += SECOND;
    await of('k1', K1);
    await settled(async () => (await of('k1', K1)) === 'invalid_signature');
    expect(asked).toBe(2);
    expect(await of('k2', K2)).toBe('verified');
  });

  it('serve for 24 hours while their server is down, and then no more', async () => {
    await of('k1', K1);
    answer = gone;
    for (const hours of [1, 2, 12, 23.9]) {
      now = START + hours * HOUR;
      expect(await of('k1', K1)).toBe('verified');
    }
    now = START + 24 * HOUR;
    expect(await of('k1', K1)).toBe('temporarily_unavailable');
    expect(warned).toHaveBeenCalled();
    answer = publish(listed('k1', K1.publicKey));
    now += 30 * SECOND;
    expect(await of('k1', K1)).toBe('verified');
  });

  it('may hold the unknown one while their server is down: the message is to come again', async () => {
    await of('k1', K1);
    answer = gone;
    now += 30 * SECOND;
    expect(await of('k2', K2)).toBe('temporarily_unavailable');
    answer = publish(listed('k1', K1.publicKey), listed('k2', K2.publicKey));
    expect(await of('k2', K2)).toBe('temporarily_unavailable');
    expect(asked).toBe(2);
    now += 30 * SECOND;
    expect(await of('k2', K2)).toBe('verified');
    expect(await of('k3', K1)).toBe('invalid_signature');
  });

  const onCurve = (namedCurve: string) => listed('bad', generateKeyPairSync('ec', { namedCurve }).publicKey);
  const p384 = onCurve('P-384');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const withKey = (key: unknown) => ({ key_identifier: 'bad', key, is_current: true });

  it.each<[string, unknown]>([
    ['of P-384', p384],
    ['of secp256k1', onCurve('secp256k1')],
    ['of RSA', listed('bad', rsa.publicKey)],
    ['of Ed25519', listed('bad', generateKeyPairSync('ed25519').publicKey)],
    ['that is private', withKey(K2.privateKey.export({ type: 'pkcs8', format: 'pem' }))],
    ['that is no PEM', withKey('key')],
    ['with broken PEM', withKey(`${pemOf(K2.publicKey)}`.replace('MFkw', 'AAAA'))],
    ['that is no text', withKey(K2.publicKey.export({ format: 'jwk' }))],
    ['without a name', { key: pemOf(K2.publicKey) }],
    ['that is null', null],
  ])('are used without one %s', async (_, entry) => {
    answer = publish(entry, listed('k1', K1.publicKey));
    await expect(signatures.verify(Buffer.from(MESSAGE), 'bad', signed(K2.privateKey))).rejects.toMatchObject(
      { code: 'invalid_signature', reason: expect.stringContaining('not among') },
    );
    expect(await of('k1', K1)).toBe('verified');
  });

  it.each<[string, RequestListener]>([
    ['answers an error', gone],
    ['sends us elsewhere', (_, response) => response.writeHead(302, { Location: url }).end()],
    ['answers HTML', (_, response) => void response.end('<html></html>')],
    ['answers a list', json([listed('k1', K1.publicKey)])],
    ['answers null', json(null)],
    ['lists nothing', publish()],
    ['lists no usable key', publish(p384)],
    ['hangs up', (_, response) => response.destroy()],
  ])('go on when their server %s', async (_, misbehave) => {
    await of('k1', K1);
    answer = misbehave;
    now += 3 * HOUR;
    expect(await of('k1', K1)).toBe('verified');
    expect(asked).toBe(2);
  });
});
