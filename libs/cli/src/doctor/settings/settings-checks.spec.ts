import { randomBytes } from 'node:crypto';
import { checkIssuer } from './issuer-check.js';
import { checkKeys } from './key-check.js';
import { checkProxies } from './proxy-check.js';

const key = (bytes = 32, encoding: 'base64' | 'base64url' = 'base64') =>
  randomBytes(bytes).toString(encoding);
const twice = key();

it.each([
  ['ok', key()],
  ['ok', `${key()}, ${key(32, 'base64url')}`],
  ['FAIL', key(31)],
  ['FAIL', key(33, 'base64url')],
  ['FAIL', `${key()},`],
  ['FAIL', `${key()},${key(16)}`],
  ['FAIL', randomBytes(32).toString('hex')],
  ['FAIL', `${key().slice(0, -2)}!=`],
  ['FAIL', Buffer.alloc(32, 7).toString('base64')],
  ['FAIL', `${twice},${twice.replaceAll('+', '-').replaceAll('/', '_')}`],
])('finds %s of a key-encryption key, and shows none (%#)', (state, text) => {
  const finding = checkKeys(text);
  expect(finding.state).toBe(state);
  for (const one of text.split(',').filter(Boolean))
    expect(JSON.stringify(finding)).not.toContain(one.trim());
});

it.each([
  ['ok', 'https://api.example'],
  ['ok', 'https://api.example/'],
  ['ok', 'http://127.0.0.1:3000'],
  ['ok', 'http://[::1]:3000'],
  ['ok', 'http://localhost:3000'],
  ['warn', 'https://api.example/tenants/a'],
  ['warn', 'https://api.example/a/b/c'],
  ['FAIL', 'http://api.example'],
  ['FAIL', 'http://localhost.example'],
  ['FAIL', 'http://127.0.0.1.example'],
  ['FAIL', 'api.example'],
  ['FAIL', 'ftp://api.example'],
  ['FAIL', 'https://ann:hunter2@api.example'],
  ['FAIL', 'https://api.example?a=b'],
  ['FAIL', 'https://api.example#'],
  ['FAIL', 'https://api.example/a//b'],
  ['FAIL', 'https://api.example/a%2Fb'],
  ['FAIL', 'https://api.example/.well-known'],
])('finds %s of the issuer %s', (state, issuer) => {
  const finding = checkIssuer(issuer, false);
  expect(finding.state).toBe(state);
  expect(JSON.stringify(finding)).not.toContain('hunter2');
});

it('wants an issuer in production that others can reach', () => {
  expect(checkIssuer('http://localhost:3000', true).state).toBe('warn');
  expect(checkIssuer('https://api.example', true).state).toBe('ok');
});

it.each([
  ['ok', '10.0.0.0/8, 192.0.2.1,2001:db8::/32'],
  ['ok', ''],
  ['warn', '64.0.0.0/2'],
  ['warn', '2000::/3'],
  ['FAIL', '0.0.0.0/0'],
  ['FAIL', '10.0.0.1, ::/0'],
  ['FAIL', '1.2.3.4/0'],
  ['FAIL', '0.0.0.0/1,128.0.0.0/1'],
  ['FAIL', '::ffff:0.0.0.0/96'],
  ['FAIL', '*'],
  ['FAIL', 'true'],
  ['FAIL', '10.0.0.0/33'],
  ['FAIL', '10.0.0.0/'],
  ['FAIL', '10.0.0.0/8/8'],
  ['FAIL', 'proxy.internal'],
])('finds %s of the trusted proxies %s', (state, text) => {
  expect(checkProxies(text).state).toBe(state);
});
