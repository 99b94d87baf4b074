import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { KeySet } from './key-set.js';
import { ASYMMETRIC_ALGORITHMS, type TokenAlgorithm } from './verification-key.js';

const ed25519 = () => generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
const rsa = (modulusLength: number, publicExponent = 0x10001) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' });

const ED = ed25519();
const P256 = ec('P-256');
const RSA = rsa(2048);

const read = (...keys: unknown[]) => KeySet.read({ keys }, ASYMMETRIC_ALGORITHMS);
/** For which algorithms a key is taken. */
const uses = (jwk: unknown, accepted: readonly TokenAlgorithm[] = ASYMMETRIC_ALGORITHMS) => {
  const set = KeySet.read({ keys: [jwk] }, accepted);
  return ASYMMETRIC_ALGORITHMS.filter((algorithm) => set.find(algorithm, undefined).length > 0);
};

describe('a key of a set is taken', () => {
  it.each<[string, JsonWebKey, TokenAlgorithm[]]>([
    ['Ed25519', ED, ['EdDSA']],
    ['P-256', P256, ['ES256']],
    ['P-384', ec('P-384'), ['ES384']],
    ['P-521', ec('P-521'), ['ES512']],
    ['RSA', RSA, ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512']],
  ])('for what its kind can do: %s', (_, jwk, algorithms) => {
    expect(uses(jwk)).toEqual(algorithms);
    expect(uses({ ...jwk, use: 'sig', key_ops: ['verify'], x5c: ['MII'], x5t: 'x', ext: true })).toEqual(
      algorithms,
    );
  });

  it('for its alg alone, where it has one', () => {
    expect(uses({ ...RSA, alg: 'PS256' })).toEqual(['PS256']);
    expect(uses({ ...P256, alg: 'ES256' })).toEqual(['ES256']);
  });

  it('for what is accepted of the issuer, and nothing else', () => {
    expect(uses(RSA, ['RS256', 'ES256'])).toEqual(['RS256']);
    expect(uses({ ...RSA, alg: 'RS512' }, ['RS256'])).toEqual([]);
  });
});

describe('a key of a set is left out', () => {
  it.each<[string, unknown]>([
    ['RSA with 1024 bits', rsa(1024)],
    ['RSA with 2040 bits', rsa(2040)],
    ['RSA with the exponent 3', rsa(2048, 3)],
    ['RSA with the exponent 1', { ...RSA, e: 'AQ' }],
    ['RSA with its private exponent', { ...RSA, d: 'AQAB' }],
    ['RSA with a prime', { ...RSA, p: 'AQAB' }],
    ['RSA with an empty private member', { ...RSA, qi: '' }],
    ['an Ed25519 private key', generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })],
    [
      'an EC private key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
    ],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0' }],
    [
      'a symmetric key for HS256',
      { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', alg: 'HS256' },
    ],
    ['a public key that also has k', { ...ED, k: 'AQAB' }],
    ['a key for encryption', { ...RSA, use: 'enc' }],
    ['a key whose use is null', { ...RSA, use: null }],
    ['a key whose use is in capitals', { ...RSA, use: 'SIG' }],
    ['a key that may only sign', { ...RSA, key_ops: ['sign'] }],
    ['a key that may do nothing', { ...RSA, key_ops: [] }],
    ['a key whose operations are a text', { ...RSA, key_ops: 'verify' }],
    ['a key whose operations are null', { ...RSA, key_ops: null }],
    ['a key for key agreement', generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' })],
    ['a key on secp256k1', ec('secp256k1')],
    ['an Ed448 key', generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' })],
    ['a key that says it is for another curve', { ...P256, alg: 'ES384' }],
    ['a key with the alg of another kind', { ...P256, alg: 'RS256' }],
    ['a key with alg none', { ...ED, alg: 'none' }],
    ['an RSA key with alg HS256', { ...RSA, alg: 'HS256' }],
    ['a key whose alg is a list', { ...P256, alg: ['ES256'] }],
    ['a point with the wrong curve named', { ...P256, crv: 'P-384' }],
    ['a point off the curve', { ...P256, y: P256.x }],
    ['the point zero', { ...P256, x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['a point that is cut short', { ...P256, x: (P256.x as string).slice(4) }],
    ['an Ed25519 key that is cut short', { ...ED, x: (ED.x as string).slice(4) }],
    ['no modulus', { kty: 'RSA', e: 'AQAB' }],
    ['a modulus that is no text', { ...RSA, n: 65_537 }],
    ['no kty', { ...P256, kty: undefined }],
    ['an unknown kty', { ...P256, kty: 'AKP' }],
    ['null', null],
    ['a text', 'key'],
    ['a list', [P256]],
    ['nothing', {}],
  ])('%s', (_, jwk) => {
    expect(uses(jwk)).toEqual([]);
    expect(read(jwk).isEmpty).toBe(true);
    // The others stay.
    expect(read(jwk, { ...ED, kid: 'good' }, jwk).find('EdDSA', 'good')).toHaveLength(1);
  });

  it('HS256, even if somebody accepted it of an issuer with public keys', () => {
    const secret = { kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0', alg: 'HS256' };
    expect(KeySet.read({ keys: [secret, RSA] }, ['HS256']).isEmpty).toBe(true);
  });

  it('each after the hundredth', () => {
    const set = read(...Array.from({ length: 101 }, (_, index) => ({ ...P256, kid: `k${index}` })));
    expect([set.find('ES256', 'k99').length, set.find('ES256', 'k100').length]).toEqual([1, 0]);
  });
});

describe('what is no key set', () => {
  it.each([
    null,
    undefined,
    'keys',
    1,
    [],
    {},
    { keys: null },
    { keys: {} },
    { keys: 'none' },
    [{ keys: [] }],
  ])('is an error: %j', (json) => {
    expect(() => KeySet.read(json, ASYMMETRIC_ALGORITHMS)).toThrow(TypeError);
  });

  it('is not an empty one', () => {
    expect(KeySet.read({ keys: [] }, ASYMMETRIC_ALGORITHMS).isEmpty).toBe(true);
  });
});

describe('the candidates for a token', () => {
  it('are those with its kid, to the letter', () => {
    const set = read({ ...ED, kid: 'k1' }, { ...ed25519(), kid: 'K1' }, { ...ed25519(), kid: '__proto__' });
    expect(set.find('EdDSA', 'k1').map(({ kid }) => kid)).toEqual(['k1']);
    expect(set.find('EdDSA', '__proto__')).toHaveLength(1);
    for (const kid of ['', 'k', 'k1 ', 'constructor', 'toString', 'k2', 'x'.repeat(1_000_000)]) {
      expect(set.find('EdDSA', kid)).toEqual([]);
    }
  });

  it('of two keys with one kid are those of the right kind, in the order of the set', () => {
    const [one, other] = [ed25519(), ed25519()];
    const set = read(
      { ...P256, kid: 'k1' },
      { ...one, kid: 'k1' },
      { ...RSA, kid: 'k1' },
      { ...other, kid: 'k1' },
    );
    expect(set.find('ES256', 'k1')).toHaveLength(1);
    expect(set.find('RS256', 'k1')).toHaveLength(1);
    expect(set.find('ES384', 'k1')).toEqual([]);
    const ids = [one, other].map((jwk) => read(jwk).find('EdDSA', undefined)[0]?.id);
    expect(set.find('EdDSA', 'k1').map(({ id }) => id)).toEqual(ids);
  });

  it('without a kid are all of the right kind, but four at most', () => {
    const set = read(P256, { ...ED, kid: 'k1' }, ed25519());
    expect(set.find('EdDSA', undefined)).toHaveLength(2);
    const many = read(...Array.from({ length: 20 }, () => ed25519()));
    expect(many.find('EdDSA', undefined)).toHaveLength(4);
  });

  it('never contain a key without a kid for a token that names one', () => {
    expect(read(ED).find('EdDSA', 'k1')).toEqual([]);
    expect(read({ ...ED, kid: 7 }).find('EdDSA', '7')).toEqual([]);
  });

  it('contain a key once, though the set has it twice', () => {
    for (const set of [
      read(ED, ED),
      read({ ...ED, kid: 'k1' }, { ...ED, kid: 'k1' }),
      read({ ...ED, kid: 'k1' }, { ...ED, kid: 'k2' }),
    ]) {
      const ids = set.find('EdDSA', undefined).map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)]);
    }
  });

  it('are told from keys that are gone by their id', () => {
    const [key] = read({ ...ED, kid: 'k1' }).find('EdDSA', 'k1');
    expect(read({ ...ED, kid: 'renamed' }).has(key?.id as string)).toBe(true);
    expect(read(P256, ed25519()).has(key?.id as string)).toBe(false);
    expect(createPublicKey({ key: ED, format: 'jwk' }).asymmetricKeyType).toBe('ed25519');
  });
});
