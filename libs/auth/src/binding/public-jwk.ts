import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** What tells keys of a type apart, in the order in which it is hashed (RFC 7638 section 3.2, RFC 8037 section 2). */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  EC: ['crv', 'kty', 'x', 'y'],
  OKP: ['crv', 'kty', 'x'],
  RSA: ['e', 'kty', 'n'],
};
/** What a JWK may say besides, as WebCrypto exports it. Whatever else may name another key, or be a part of a private one. */
const FURTHER: readonly string[] = ['kid', 'use', 'key_ops', 'alg', 'ext'];
/** Smaller ones can be factored; larger ones take whoever verifies longer than whoever signs. */
const RSA_BITS = { least: 2_048, most: 4_096 };
/** 65537, which everybody uses: a large exponent is as slow as signing. */
const RSA_EXPONENT = 'AQAB';

/** The algorithm that a name stands for: by its newer name `Ed25519` is what `EdDSA` means with the one curve that is accepted (RFC 9864). */
export function signatureAlgorithmOf(name: unknown): unknown {
  return name === 'Ed25519' ? 'EdDSA' : name;
}

/** A public key as it was sent, and its name. */
export interface PublicJwk {
  readonly key: KeyObject;
  /** SHA-256 of the JWK in base64url (RFC 7638). */
  readonly thumbprint: string;
}

/**
 * Reads a public key from a JWK that a client has sent.
 *
 * @param alg what it is to be used for
 * @throws TypeError when it is none, is private or symmetric, or is written otherwise than every reader writes it
 */
export function publicJwkOf(jwk: unknown, alg: string): PublicJwk {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw new TypeError('jwk is no key');
  const given = jwk as Readonly<Record<string, unknown>>;
  const members = typeof given.kty === 'string' && Object.hasOwn(MEMBERS, given.kty) && MEMBERS[given.kty];
  if (!members) throw new TypeError('jwk is no public key of a known type');
  const other = Object.keys(given).find((name) => !members.includes(name) && !FURTHER.includes(name));
  if (other !== undefined) throw new TypeError('jwk has members that no public key needs');
  refuseOtherUse(given, alg);
  const bare = Object.fromEntries(members.map((name) => [name, given[name]]));
  const key = keyOf(bare);
  const thumbprint = createHash('sha256').update(JSON.stringify(bare)).digest('base64url');
  return Object.freeze({ key, thumbprint });
}

function refuseOtherUse({ use, key_ops: operations, alg: named }: JsonWebKey, alg: string): void {
  const mayVerify = operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
  if (
    (use !== undefined && use !== 'sig') ||
    !mayVerify ||
    (named !== undefined && signatureAlgorithmOf(named) !== alg)
  )
    throw new TypeError('jwk is for another use');
}

function keyOf(bare: JsonWebKey): KeyObject {
  const key = parsed(bare);
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) {
    if (modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most || bare.e !== RSA_EXPONENT)
      throw new TypeError('jwk is an RSA key of an unusual size');
  }
  // Of two spellings each would have a thumbprint of its own.
  const written = key.export({ format: 'jwk' });
  if (Object.entries(bare).some(([name, value]) => written[name] !== value))
    throw new TypeError('jwk is not written as it should be');
  return key;
}

function parsed(bare: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: bare, format: 'jwk' });
  } catch {
    throw new TypeError('jwk is no public key');
  }
}
