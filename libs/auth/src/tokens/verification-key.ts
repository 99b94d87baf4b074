import {
  constants,
  createHash,
  createHmac,
  type KeyObject,
  timingSafeEqual,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto';

/** How one JWS algorithm is verified (RFC 7518 section 3, RFC 8037 section 3.1). Nothing is left to `crypto`'s defaults. */
interface Scheme {
  readonly keyType: 'ed25519' | 'ec' | 'rsa' | 'secret';
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  /** The one curve that the algorithm is for: `crypto.verify` alone would take any. */
  readonly curve?: 'prime256v1' | 'secp384r1' | 'secp521r1';
  /** What `crypto.verify` needs besides the key. JOSE writes ECDSA signatures as r‖s, and fixes the salt of PSS. */
  readonly parameters?: { dsaEncoding?: 'ieee-p1363'; padding?: number; saltLength?: number };
}

const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const ecdsa = { dsaEncoding: 'ieee-p1363' } as const;
const pkcs1 = { padding: constants.RSA_PKCS1_PADDING };

const SCHEMES = {
  EdDSA: { keyType: 'ed25519', hash: null },
  ES256: { keyType: 'ec', hash: 'sha256', curve: 'prime256v1', parameters: ecdsa },
  ES384: { keyType: 'ec', hash: 'sha384', curve: 'secp384r1', parameters: ecdsa },
  ES512: { keyType: 'ec', hash: 'sha512', curve: 'secp521r1', parameters: ecdsa },
  PS256: { keyType: 'rsa', hash: 'sha256', parameters: pss(32) },
  PS384: { keyType: 'rsa', hash: 'sha384', parameters: pss(48) },
  PS512: { keyType: 'rsa', hash: 'sha512', parameters: pss(64) },
  RS256: { keyType: 'rsa', hash: 'sha256', parameters: pkcs1 },
  RS384: { keyType: 'rsa', hash: 'sha384', parameters: pkcs1 },
  RS512: { keyType: 'rsa', hash: 'sha512', parameters: pkcs1 },
  HS256: { keyType: 'secret', hash: 'sha256' },
} as const satisfies Record<string, Scheme>;

/** The signature algorithms that are known at all. `none` is not one of them. */
export type TokenAlgorithm = keyof typeof SCHEMES;

/** An algorithm where who verifies can't sign. */
export type AsymmetricAlgorithm = Exclude<TokenAlgorithm, 'HS256'>;

export const ASYMMETRIC_ALGORITHMS = Object.keys(SCHEMES).filter(
  (name) => name !== 'HS256',
) as readonly AsymmetricAlgorithm[];

/** A key together with the one algorithm that it is used for. */
export class VerificationKey {
  /** Names key and algorithm together, the same wherever the key is read again. */
  readonly id: string;
  readonly #scheme: Scheme;
  /** What `crypto.verify` takes for the key, the same for every signature. */
  readonly #parameters: VerifyKeyObjectInput;

  /**
   * @param algorithm what the key is for; the header of a token never decides that
   * @param kid the name that tokens call it by, if it has one
   * @throws TypeError when the key is not of the algorithm's kind
   */
  constructor(
    readonly algorithm: TokenAlgorithm,
    readonly kid: string | undefined,
    private readonly key: KeyObject,
  ) {
    this.#scheme = SCHEMES[algorithm];
    this.#parameters = { key, ...this.#scheme.parameters };
    if (!fits(key, this.#scheme)) throw new TypeError(`not a key for ${algorithm}`);
    this.id = `${algorithm}:${fingerprintOf(key)}`;
  }

  /** Whether the signature is this key's over exactly this text. */
  verify(signingInput: string, signature: Buffer): boolean {
    const data = Buffer.from(signingInput, 'latin1');
    if (this.key.type === 'secret') {
      const expected = createHmac('sha256', this.key).update(data).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    }
    return verify(this.#scheme.hash, data, this.#parameters, signature);
  }
}

function fingerprintOf(key: KeyObject): string {
  const material = key.type === 'secret' ? key.export() : key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(material).digest('base64url');
}

function fits(key: KeyObject, { keyType, curve }: Scheme): boolean {
  if (key.type === 'secret') return keyType === 'secret';
  return (
    key.type === 'public' &&
    key.asymmetricKeyType === keyType &&
    key.asymmetricKeyDetails?.namedCurve === curve
  );
}
