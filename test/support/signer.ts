import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** What a token may be signed with in a test: an algorithm as the header names it, and the key that goes with it. */
export type SignerAlgorithm = 'EdDSA' | 'ES256' | 'ES384' | 'RS256';

/** Whoever makes a signature from the text to be signed. */
export type Sign = (input: string) => Buffer;

const GENERATE: Record<SignerAlgorithm, () => KeyObject> = {
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
};

const HASH = { EdDSA: null, ES256: 'sha256', ES384: 'sha384', RS256: 'sha256' } as const;

/** A real key that signs whatever a test wants, also what no JOSE library would. */
export class Signer {
  readonly privateKey: KeyObject;

  constructor(
    readonly algorithm: SignerAlgorithm = 'ES256',
    readonly kid = 'k1',
  ) {
    this.privateKey = GENERATE[algorithm]();
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.privateKey);
  }

  /** As a member of a JWK Set. */
  get publicJwk(): JsonWebKey {
    return {
      ...this.publicKey.export({ format: 'jwk' }),
      kid: this.kid,
      alg: this.algorithm,
      use: 'sig',
    };
  }

  /** The signature alone, as JOSE writes it. */
  readonly sign: Sign = (input) =>
    sign(HASH[this.algorithm], Buffer.from(input), { key: this.privateKey, dsaEncoding: 'ieee-p1363' });

  /** An access token with these claims, and a header of RFC 9068 but for what is given. */
  token(claims: object, header: object = {}): string {
    return compactJws({ alg: this.algorithm, kid: this.kid, typ: 'at+jwt', ...header }, claims, this.sign);
  }
}

/** A token of any content; texts and bytes are taken as they are, everything else as JSON. */
export function compactJws(header: unknown, payload: unknown, signature: Sign): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature(input).toString('base64url')}`;
}

function encode(part: unknown): string {
  const bytes = typeof part === 'string' || part instanceof Uint8Array ? part : JSON.stringify(part);
  return Buffer.from(bytes as Uint8Array).toString('base64url');
}

/** What RFC 9068 asks of an access token, for one user at one issuer. */
export function accessClaims(
  issuer: string,
  audience: string,
  nowMs: number,
  changes: object = {},
): Record<string, unknown> {
  const now = Math.floor(nowMs / 1000);
  return {
    iss: issuer,
    aud: audience,
    sub: 'ada',
    client_id: 'web',
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 300,
    scope: 'parcels:read',
    ...changes,
  };
}
