import { generateKeyPairSync, type JsonWebKey, type KeyPairKeyObjectResult } from 'node:crypto';
import { MessageSignatureKey, thumbprintOf } from './message-signature-key.js';

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed25519 = generateKeyPairSync('ed25519');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });

const publicOf = ({ publicKey }: KeyPairKeyObjectResult): JsonWebKey => publicKey.export({ format: 'jwk' });
const privateOf = ({ privateKey }: KeyPairKeyObjectResult): JsonWebKey =>
  privateKey.export({ format: 'jwk' });

it.each([
  ['ecdsa-p256-sha256', p256],
  ['ecdsa-p384-sha384', p384],
  ['ed25519', ed25519],
  ['rsa-pss-sha512', rsa],
])('a key for %s is known by its thumbprint, and keeps nothing besides the key', (name, pair) => {
  const given = { ...publicOf(pair), kid: 'mine', use: 'sig', key_ops: ['verify'], ext: true };
  const key = new MessageSignatureKey(given);
  expect(key.name).toBe(name);
  expect(key.jwk).toEqual(publicOf(pair));
  expect(key.thumbprint).toBe(thumbprintOf(key.jwk));
});

/** RFC 8037, appendix A.3. */
it('has the thumbprint of the standard', () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  expect(new MessageSignatureKey(jwk).thumbprint).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

it.each(['EdDSA', 'Ed25519'])('takes a JWK that says %s', (alg) => {
  expect(new MessageSignatureKey({ ...publicOf(ed25519), alg }).name).toBe('ed25519');
});

it.each<[string, unknown, string]>([
  ['a private EC key', privateOf(p256), 'private key'],
  ['a private Ed25519 key', privateOf(ed25519), 'private key'],
  ['a private RSA key', privateOf(rsa), 'private key'],
  ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'symmetric key'],
  ['a public key that holds a secret', { ...publicOf(p256), k: 'AAAA' }, 'private key'],
  ['a small RSA key', publicOf(generateKeyPairSync('rsa', { modulusLength: 1_024 })), 'fewer than 2048 bits'],
  ['another curve', publicOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })), 'no kind that signs'],
  ['a key to agree on others', publicOf(generateKeyPairSync('x25519')), 'no kind that signs'],
  ['a key for another algorithm', { ...publicOf(rsa), alg: 'RS256' }, 'another use'],
  ['a key to encrypt with', { ...publicOf(p256), use: 'enc' }, 'another use'],
  ['a certificate beside it', { ...publicOf(p256), x5c: [] }, 'no public key needs'],
  ['half a key', { kty: 'EC', crv: 'P-256', x: publicOf(p256).x }, 'no public key'],
  ['a point on no curve', { ...publicOf(p256), y: publicOf(p256).x }, 'no public key'],
  ['another spelling', { ...publicOf(p256), x: `${publicOf(p256).x}=` }, 'written'],
  ['a text', JSON.stringify(publicOf(p256)), 'no object'],
  ['a list', [publicOf(p256)], 'no object'],
  ['nothing', null, 'no object'],
])('refuses %s', (_, jwk, message) => {
  expect(() => new MessageSignatureKey(jwk)).toThrow(message);
});
