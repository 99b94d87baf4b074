import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import type { JWK } from 'jose';
import { PortcullisConfigurationError } from '../errors.js';
import { isStrong } from './key-set.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm, VerificationKey } from './verification-key.js';

/** A private key, with what a token's header says of it. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: AsymmetricAlgorithm;
  readonly privateKey: KeyObject;
}

/** A key of the ring: what it signs with, and what others verify with. */
export interface RingKey extends SigningKey {
  readonly publicJwk: JWK;
  readonly verification: VerificationKey;
  /** Milliseconds since the epoch; before it the key is only published. */
  readonly signsFrom: number;
}

/** A new private key, Ed25519. */
export function newPrivateJwk(): JWK {
  return { ...(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK), alg: 'EdDSA' };
}

/**
 * Makes a private key ready for use. Without a `kid` it gets its thumbprint (RFC 7638).
 *
 * @throws TypeError that says nothing of the key when it can't sign tokens
 */
export function ringKeyOf(jwk: JWK, signsFrom: number): RingKey {
  const alg = ASYMMETRIC_ALGORITHMS.find((algorithm) => algorithm === jwk.alg);
  if (alg === undefined) throw new TypeError(`"alg" must be one of ${ASYMMETRIC_ALGORITHMS.join(', ')}`);
  try {
    const privateKey = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const publicKey = createPublicKey(privateKey);
    if (!isStrong(publicKey)) throw new TypeError('too weak');
    const members = publicKey.export({ format: 'jwk' }) as JWK;
    const kid = jwk.kid ?? thumbprintOf(members);
    return {
      kid,
      alg,
      privateKey,
      signsFrom,
      publicJwk: { ...members, kid, alg, use: 'sig' },
      verification: new VerificationKey(alg, kid, publicKey),
    };
  } catch {
    // The cause may quote the key.
    throw new TypeError(`is not a private key for ${alg} as a JWK`);
  }
}

/** @throws PortcullisConfigurationError when the configured key can't sign tokens */
export function configuredKeyOf(jwk: JWK, now: number): RingKey {
  try {
    return ringKeyOf(jwk, now);
  } catch (error) {
    throw new PortcullisConfigurationError([`tokens.issuer.signingKey: ${(error as Error).message}`]);
  }
}

/** RFC 7638: the members that make the key, in the order of their names. Node exports just these. */
function thumbprintOf(publicJwk: JWK): string {
  const members = Object.fromEntries(
    Object.entries(publicJwk).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
