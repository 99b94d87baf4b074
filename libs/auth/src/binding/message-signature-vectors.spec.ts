import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { isDigestOf } from '../message-signatures/content-digest.js';
import { readMessageSignature } from '../message-signatures/message-signature.js';
import { componentsOf } from '../message-signatures/request-components.js';
import { signatureBase } from '../message-signatures/signature-base.js';
import { MessageSignatureKey } from './message-signature-key.js';

/** The keys of RFC 9421, appendix B.1. */
const KEYS = {
  'test-key-rsa-pss': `MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB`,
  'test-key-ecc-p256': `MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==`,
  'test-key-ed25519': 'MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=',
};
const ED25519_PRIVATE = 'MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF';

/** The messages of appendix B.2. */
const REQUEST = {
  content: '{"hello": "world"}',
  fields: {
    host: 'example.com',
    date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'content-length': '18',
  },
};
const RESPONSE = {
  content: '{"message": "good dog"}',
  fields: {
    '@status': '200',
    date: 'Tue, 20 Apr 2021 02:07:56 GMT',
    'content-type': 'application/json',
    'content-digest':
      'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
    'content-length': '23',
  },
};

/** The signatures of appendix B.2, but those that cover a component with a parameter (B.2.2) or are by a shared secret (B.2.5). */
const B21 = {
  key: 'test-key-rsa-pss',
  input: 'sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
  signature:
    'sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:',
} as const;
const B23 = {
  key: 'test-key-rsa-pss',
  input:
    'sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
  signature:
    'sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:',
} as const;
const B24 = {
  key: 'test-key-ecc-p256',
  input:
    'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
  signature:
    'sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:',
} as const;
const B26 = {
  key: 'test-key-ed25519',
  input:
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
  signature:
    'sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:',
} as const;

const B26_BASE = `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`;

const keyOf = (name: keyof typeof KEYS) =>
  new MessageSignatureKey(
    createPublicKey({ key: Buffer.from(KEYS[name], 'base64'), format: 'der', type: 'spki' }).export({
      format: 'jwk',
    }),
  );

const componentsOfRequest = (changes: Record<string, string> = {}) => {
  const fields: Record<string, string> = { ...REQUEST.fields, ...changes };
  const { method = 'POST', url = 'https://example.com/foo?param=Value&Pet=dog' } = changes;
  return componentsOf({ method, field: (name) => fields[name] }, url);
};
const componentsOfResponse = (component: string) =>
  RESPONSE.fields[component as keyof typeof RESPONSE.fields];

function isRight(
  { key, input, signature }: { key: keyof typeof KEYS; input: string; signature: string },
  components: (component: string) => string | undefined,
) {
  const read = readMessageSignature(input, signature);
  return keyOf(key).verify(signatureBase(read, components), read.signature);
}

it.each([
  ['B.2.1: rsa-pss-sha512, nothing covered', B21, componentsOfRequest()],
  ['B.2.3: rsa-pss-sha512, full coverage', B23, componentsOfRequest()],
  ['B.2.4: ecdsa-p256-sha256, of a response', B24, componentsOfResponse],
  ['B.2.6: ed25519', B26, componentsOfRequest()],
])('verifies %s', (_, vector, components) => {
  expect(isRight(vector, components)).toBe(true);
});

it('makes the base of B.2.6, and of it the same signature', () => {
  const read = readMessageSignature(B26.input, B26.signature);
  const base = signatureBase(read, componentsOfRequest());
  expect(base).toBe(B26_BASE);
  const key = createPrivateKey({ key: Buffer.from(ED25519_PRIVATE, 'base64'), format: 'der', type: 'pkcs8' });
  expect(`sig-b26=:${sign(null, Buffer.from(base), key).toString('base64')}:`).toBe(B26.signature);
});

it.each([
  ['another method', B26, { method: 'PUT' }],
  ['another path', B26, { url: 'https://example.com/bar?param=Value&Pet=dog' }],
  ['another authority', B26, { url: 'https://example.org/foo?param=Value&Pet=dog' }],
  ['another field', B26, { 'content-type': 'text/plain' }],
  ['another query', B23, { url: 'https://example.com/foo?param=Value&Pet=cat' }],
  ['another digest', B23, { 'content-digest': RESPONSE.fields['content-digest'] }],
])('refuses %s', (_, vector, changes) => {
  expect(isRight(vector, componentsOfRequest(changes))).toBe(false);
});

it.each([
  ['another time', { ...B26, input: B26.input.replace('1618884473', '1618884474') }],
  ['another order', { ...B26, input: B26.input.replace('"date" "@method"', '"@method" "date"') }],
  ['another key', { ...B26, signature: B24.signature.replace('sig-b24', 'sig-b26') }],
])('refuses %s', (_, vector) => {
  expect(isRight(vector, componentsOfRequest())).toBe(false);
});

it('reads what messages have as their digests', () => {
  for (const { content, fields } of [REQUEST, RESPONSE])
    expect(isDigestOf(fields['content-digest'], Buffer.from(content))).toBe(true);
});
