import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { MaybePromise } from '../async/maybe-promise.js';
import { ASYMMETRIC_ALGORITHMS, type TokenAlgorithm, VerificationKey } from './verification-key.js';

/** A longer set is not read to its end. */
const MAX_KEYS = 100;
/** A token without a `kid` is tried with at most so many keys. */
const MAX_CANDIDATES = 4;

/** Members that only private and symmetric keys have (RFC 7518 section 6). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 65_537n;

/** The keys of one issuer. */
export interface KeySource {
  /**
   * The keys that may have signed a token: never one twice, and none where the `kid` is unknown. A promise only where keys
   * have to be fetched.
   */
  find(algorithm: TokenAlgorithm, kid: string | undefined): MaybePromise<readonly VerificationKey[]>;
  /** Whether a key that was found before is still in use, by its {@link VerificationKey.id}. */
  has(keyId: string): boolean;
}

/** The usable public keys of one issuer. */
export class KeySet implements KeySource {
  readonly #keys: readonly VerificationKey[];
  readonly #ids: ReadonlySet<string>;

  constructor(keys: readonly VerificationKey[]) {
    this.#keys = keys;
    this.#ids = new Set(keys.map(({ id }) => id));
  }

  /**
   * Reads a JWK Set (RFC 7517 section 5). Keys that are unfit (too weak, off their curve, private, not for signatures,
   * of a kind that is not accepted) are left out, so that one bad key doesn't silence the others.
   *
   * @param algorithms what the issuer may sign with
   * @throws TypeError when it is no key set
   */
  static read(json: unknown, algorithms: readonly TokenAlgorithm[]): KeySet {
    const keys = typeof json === 'object' && json !== null && 'keys' in json ? json.keys : undefined;
    if (!Array.isArray(keys)) throw new TypeError('not a JWK Set');
    return new KeySet(keys.slice(0, MAX_KEYS).flatMap((jwk) => readKey(jwk, algorithms)));
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  find(algorithm: TokenAlgorithm, kid: string | undefined): readonly VerificationKey[] {
    return this.#keys
      .filter((key) => key.algorithm === algorithm && (kid === undefined || key.kid === kid))
      .filter(({ id }, index, found) => found.findIndex((key) => key.id === id) === index)
      .slice(0, MAX_CANDIDATES);
  }

  has(keyId: string): boolean {
    return this.#ids.has(keyId);
  }
}

/** One key, once for each algorithm that it may be used for. */
function readKey(jwk: unknown, algorithms: readonly TokenAlgorithm[]): VerificationKey[] {
  if (typeof jwk !== 'object' || jwk === null) return [];
  const { alg, kid, use, key_ops: operations } = jwk as Record<string, unknown>;
  const isForSigning =
    (use === undefined || use === 'sig') && (operations === undefined || isVerify(operations));
  if (!isForSigning || SECRET_MEMBERS.some((member) => member in jwk)) return [];

  const key = importKey(jwk);
  if (key === undefined) return [];
  return algorithms
    .filter(
      (algorithm) =>
        ASYMMETRIC_ALGORITHMS.includes(algorithm as never) && (alg === undefined || alg === algorithm),
    )
    .flatMap((algorithm) => {
      try {
        return [new VerificationKey(algorithm, typeof kid === 'string' ? kid : undefined, key)];
      } catch {
        return [];
      }
    });
}

function isVerify(operations: unknown): boolean {
  return Array.isArray(operations) && operations.includes('verify');
}

function importKey(jwk: object): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    return isStrong(key) ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the key is long enough; curves are strong by themselves. */

export function isStrong({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): boolean {
  if (asymmetricKeyType !== 'rsa') return true;
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails;
  return modulusLength >= MIN_RSA_BITS && publicExponent >= MIN_RSA_EXPONENT;
}
