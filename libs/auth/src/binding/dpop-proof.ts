import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { detachedCopy } from '../net/detached-copy.js';
import { RecentlyUsed } from '../recently-used.js';
import { parseStrictJsonObject } from '../tokens/strict-json.js';
import { type AsymmetricAlgorithm, VerificationKey } from '../tokens/verification-key.js';
import { publicJwkOf, signatureAlgorithmOf } from './public-jwk.js';

/** In bytes: room for the largest RSA key that is accepted. */
const MAX_LENGTH = 4_096;
const MAX_JTI_LENGTH = 128;
/** Keys that signed lately: to read one takes about as long as to verify a signature. */
const REMEMBERED_KEYS = 10_000;
/** Header parameters that name another key, or change what is signed (RFC 7515 section 4.1, RFC 7797). */
const FOREIGN_PARAMETERS = ['jku', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64', 'zip', 'enc'];

/** Why a proof proves nothing, in words that hold nothing of it. */
export class InvalidProofError extends Error {
  override readonly name = 'InvalidProofError';
}

/** The key by which a client signs. */
interface ProofKey {
  readonly verification: VerificationKey;
  /** `jkt` (RFC 9449 section 6.1). */
  readonly thumbprint: string;
}

/** What a proof says (RFC 9449 section 4.2), once it is known to be of the right shape. Nothing of it is believed yet. */
interface ProofClaims {
  readonly htm: string;
  readonly htu: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly ath: string | undefined;
  readonly nonce: string | undefined;
}

/** A proof that could be read. */
export interface DpopProof {
  readonly key: ProofKey;
  readonly claims: ProofClaims;
  /** Whether it is signed by the key that it shows. It takes longer than all the rest. */
  isSigned(): boolean;
}

/** Reads DPoP proofs, strictly: what two readers could take for two things is refused. */
export class DpopProofReader {
  /** By the header as it was sent, which is the same in all proofs of a client. Only keys that have signed get in. */
  readonly #keys = new RecentlyUsed<ProofKey>(REMEMBERED_KEYS);

  constructor(private readonly algorithms: readonly AsymmetricAlgorithm[]) {}

  /** @throws InvalidProofError */
  read(text: string): DpopProof {
    if (text.length > MAX_LENGTH) throw new InvalidProofError(`longer than ${MAX_LENGTH} bytes`);
    const [header, payload, signature, ...more] = text.split('.', 4);
    if (header === undefined || payload === undefined || signature === undefined || more.length > 0)
      throw new InvalidProofError('not three parts');
    const known = this.#keys.get(header);
    const key = known ?? this.#keyIn(header);
    const signatureBytes = bytesOf(signature);
    return {
      key,
      claims: claimsOf(payload),
      isSigned: () => {
        const input = text.slice(0, header.length + 1 + payload.length);
        if (!key.verification.verify(input, signatureBytes)) return false;
        if (known === undefined) this.#keys.set(detachedCopy(header), key);
        return true;
      },
    };
  }

  #keyIn(header: string): ProofKey {
    const { typ, alg, jwk, ...others } = objectIn(header, 'header');
    if (typ !== 'dpop+jwt') throw new InvalidProofError('typ is not dpop+jwt');
    const foreign = FOREIGN_PARAMETERS.find((name) => name in others);
    if (foreign !== undefined) throw new InvalidProofError(`the header has ${foreign}`);
    const name = signatureAlgorithmOf(alg);
    const algorithm = this.algorithms.find((candidate) => candidate === name);
    if (algorithm === undefined) throw new InvalidProofError('alg is not one of those that are accepted');
    try {
      const { key, thumbprint } = publicJwkOf(jwk, algorithm);
      return { verification: new VerificationKey(algorithm, undefined, key), thumbprint };
    } catch (error) {
      throw new InvalidProofError(error instanceof TypeError ? error.message : 'jwk can not be read');
    }
  }
}

/** What binds a proof to an access token: `ath` (RFC 9449 section 4.2). */
export function tokenHashOf(token: string): string {
  return hash('sha256', token, 'base64url');
}

function claimsOf(payload: string): ProofClaims {
  const { htm, htu, jti, iat, ath, nonce } = objectIn(payload, 'payload');
  if (typeof htm !== 'string' || typeof htu !== 'string')
    throw new InvalidProofError('htm or htu is no text');
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH)
    throw new InvalidProofError(`jti is no text of at most ${MAX_JTI_LENGTH} characters`);
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw new InvalidProofError('iat is no number');
  if (ath !== undefined && typeof ath !== 'string') throw new InvalidProofError('ath is no text');
  if (nonce !== undefined && typeof nonce !== 'string') throw new InvalidProofError('nonce is no text');
  return { htm, htu, jti, iat, ath, nonce };
}

function objectIn(part: string, name: string): Record<string, unknown> {
  const bytes = bytesOf(part);
  try {
    if (isUtf8(bytes)) return parseStrictJsonObject(bytes.toString());
  } catch {
    // As below.
  }
  throw new InvalidProofError(`the ${name} is not a plain JSON object`);
}

/** Node's decoder skips what it doesn't know and ignores spare bits; encoding again shows whether it did. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw new InvalidProofError('not strict base64url');
  return bytes;
}
