import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { JWK } from 'jose';
import type { Algorithm } from './algorithms.js';

/** A key for each algorithm, as PEM; for HS256 the secret itself. */
export type KeyTexts = Readonly<Record<Algorithm, string>>;

/** The keys of the issuer of all tokens: its own, and what the servers know of them. */
export interface IssuerKeys {
  readonly privateKeys: KeyTexts;
  readonly publicKeys: KeyTexts;
}

export function newIssuerKeys(): IssuerKeys {
  const pairs = {
    ES256: generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    EdDSA: generateKeyPairSync('ed25519'),
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };
  const secret = randomBytes(32).toString('base64url');
  const textsOf = (textOf: (pair: { publicKey: KeyObject; privateKey: KeyObject }) => string | Buffer) => ({
    ES256: String(textOf(pairs.ES256)),
    EdDSA: String(textOf(pairs.EdDSA)),
    RS256: String(textOf(pairs.RS256)),
    HS256: secret,
  });
  return {
    privateKeys: textsOf(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })),
    publicKeys: textsOf(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' })),
  };
}

/** The private key of an algorithm, for who signs with it. Its `kid` is that of the tokens. */
export function signingJwkOf(privateKeys: KeyTexts, algorithm: Algorithm): JWK {
  if (algorithm === 'HS256') return {};
  const jwk = createPrivateKey(privateKeys[algorithm]).export({ format: 'jwk' }) as JWK;
  return { ...jwk, kid: algorithm, alg: algorithm };
}

/** The JWK Set that the issuer publishes. A token's `kid` is the name of its algorithm. */
export function jwksOf(publicKeys: KeyTexts): { keys: JWK[] } {
  const algorithms = ['ES256', 'EdDSA', 'RS256'] as const;
  return {
    keys: algorithms.map((alg) => ({
      ...(createPublicKey(publicKeys[alg]).export({ format: 'jwk' }) as JWK),
      kid: alg,
      alg,
      use: 'sig',
    })),
  };
}
