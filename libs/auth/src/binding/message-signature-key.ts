import { createHash, type JsonWebKey, type KeyObject, type webcrypto } from 'node:crypto';
import { type AsymmetricAlgorithm, VerificationKey } from '../tokens/verification-key.js';
import { publicJwkOf } from './public-jwk.js';

/** A key as JSON (RFC 7517), as Node, WebCrypto and JOSE libraries export it. */
export type GivenJwk = JsonWebKey | webcrypto.JsonWebKey;

/** Members of keys that only their owner, or both sides, may know (RFC 7518 section 6). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const LEAST_RSA_BITS = 2_048;

/** How a kind of keys signs messages: each in one way, so that a request can't choose (RFC 9421 section 3.3). */
interface SigningScheme {
  /** As the parameter `alg` of a signature says it. */
  readonly name: string;
  /** The same as JOSE calls it. */
  readonly algorithm: AsymmetricAlgorithm;
}

const SCHEMES: Readonly<Record<string, SigningScheme>> = {
  'EC P-256': { name: 'ecdsa-p256-sha256', algorithm: 'ES256' },
  'EC P-384': { name: 'ecdsa-p384-sha384', algorithm: 'ES384' },
  'OKP Ed25519': { name: 'ed25519', algorithm: 'EdDSA' },
  RSA: { name: 'rsa-pss-sha512', algorithm: 'PS512' },
};

/** A public key by which a partner signs requests. */
export class MessageSignatureKey {
  /** SHA-256 of the JWK in base64url (RFC 7638). */
  readonly thumbprint: string;
  readonly #key: KeyObject;
  readonly #scheme: SigningScheme;
  readonly #verification: VerificationKey;

  /** @throws TypeError where it is none, naming what is wrong: private, symmetric, weak, or of a kind that can't sign */
  constructor(jwk: unknown) {
    const given = objectOf(jwk);
    refuseSecrets(given);
    this.#scheme = schemeOf(given);
    const { algorithm } = this.#scheme;
    const { key, thumbprint } = publicJwkOf(given, algorithm);
    this.#key = key;
    this.thumbprint = thumbprint;
    this.#verification = new VerificationKey(algorithm, undefined, key);
  }

  /** As the parameter `alg` of a signature says it. */
  get name(): string {
    return this.#scheme.name;
  }

  /** The same as JOSE calls it. */
  get algorithm(): AsymmetricAlgorithm {
    return this.#scheme.algorithm;
  }

  /** The key alone, as a JWK. */
  get jwk(): JsonWebKey {
    return this.#key.export({ format: 'jwk' });
  }

  /** Whether a signature is this key's over exactly this text. */
  verify(text: string, signature: Uint8Array): boolean {
    return this.#verification.verify(text, Buffer.from(signature));
  }
}

/** The thumbprint of a key that {@link MessageSignatureKey.jwk} has given: it has no other members than those that are hashed. */
export function thumbprintOf(jwk: JsonWebKey): string {
  const sorted = Object.fromEntries(Object.entries(jwk).sort(([one], [other]) => (one < other ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url');
}

function objectOf(jwk: unknown): JsonWebKey {
  if (typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk)) return jwk as JsonWebKey;
  throw new TypeError('the JWK is no object');
}

function refuseSecrets(jwk: JsonWebKey): void {
  if (jwk.kty === 'oct') throw new TypeError('the JWK is a symmetric key: whoever checks could sign as well');
  if (SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name)))
    throw new TypeError(
      'the JWK is a private key: whoever signs keeps it, and hands out its public part alone',
    );
}

function schemeOf({ kty, crv, n }: JsonWebKey): SigningScheme {
  const kind = kty === 'RSA' ? kty : `${kty} ${crv}`;
  if (!Object.hasOwn(SCHEMES, kind))
    throw new TypeError('the JWK is of no kind that signs requests: EC P-256, EC P-384, OKP Ed25519 or RSA');
  if (kty === 'RSA' && typeof n === 'string' && Buffer.from(n, 'base64url').length * 8 < LEAST_RSA_BITS)
    throw new TypeError(`the JWK is an RSA key of fewer than ${LEAST_RSA_BITS} bits`);
  return SCHEMES[kind] as SigningScheme;
}
