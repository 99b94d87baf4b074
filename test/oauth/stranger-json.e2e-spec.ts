import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fetchStrangerJson } from '@portcullis/auth/internal';
import { testTls } from '../support/tls.js';

let answer: (response: ServerResponse) => unknown;
let asked = 0;
const server = createServer(testTls, (_, response) => {
  asked++;
  answer(response);
});
let url: URL;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/client.json`);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  asked = 0;
  answer = (response) => response.end('{"a":1}');
});

const LIMITS = { maxBytes: 1_000, timeoutMs: 2_000, allowPrivateAddresses: true, ca: testTls.cert };

it('fetches what it may', async () => {
  expect(await fetchStrangerJson(url, LIMITS)).toEqual({ a: 1 });
});

it.each([
  ['a redirect', (response: ServerResponse) => response.writeHead(302, { Location: '/other' }).end(), '302'],
  ['an error', (response: ServerResponse) => response.writeHead(404).end('{"a":1}'), '404'],
  ['what is no JSON', (response: ServerResponse) => response.end('<secret>'), 'no JSON'],
  ['too much', (response: ServerResponse) => response.end(`"${'x'.repeat(2_000)}"`), 'more than 1000 bytes'],
  [
    'what is compressed',
    (response: ServerResponse) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'),
    'answered 200',
  ],
] as const)('refuses %s', async (_, given, message) => {
  answer = given;
  await expect(fetchStrangerJson(url, LIMITS)).rejects.toThrow(message);
  expect(asked).toBe(1);
});

it('waits no longer than it is told, also for the rest of an answer', async () => {
  answer = (response) => response.write('{"a":');
  await expect(fetchStrangerJson(url, { ...LIMITS, timeoutMs: 200 })).rejects.toThrow(/abort|timeout/i);
});

it.each(['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])(
  'never connects to %s for a stranger',
  async (host) => {
    const inside = new URL(`https://${host}:${url.port}/client.json`);
    const { allowPrivateAddresses: _, ...limits } = LIMITS;
    await expect(fetchStrangerJson(inside, limits)).rejects.toThrow('no public address');
    expect(asked).toBe(0);
  },
);

it('trusts no certificate that nobody vouches for, and asks by https only', async () => {
  const { ca: _, ...limits } = LIMITS;
  await expect(fetchStrangerJson(url, limits)).rejects.toThrow(/certificate/);
  await expect(fetchStrangerJson(new URL('http://127.0.0.1/x'), LIMITS)).rejects.toThrow('no https URL');
  expect(asked).toBe(0);
});
