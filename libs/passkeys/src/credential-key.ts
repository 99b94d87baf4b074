import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';

/** ES256, EdDSA and RS256, by their numbers in COSE (RFC 9053, RFC 8812), those first that are wanted most. */
export const ALGORITHMS = [-8, -7, -257];

/** Labels and values of COSE keys (RFC 9053 section 7, RFC 8230 section 4). */
const [KTY, ALG, CRV_OR_N, X_OR_E] = [1, 3, -1, -2];
const [OKP, EC2, RSA] = [1, 2, 3];
const [P256, ED25519] = [1, 6];
const [LEAST_RSA_BYTES, MOST_RSA_BYTES] = [256, 512];
const USUAL_EXPONENT = '010001';

/**
 * Whether a public key is what its algorithm says, and no slower to verify with than others: a device may claim anything.
 *
 * @param publicKey COSE
 */
export function isSoundKey(publicKey: Uint8Array<ArrayBuffer>): boolean {
  const key = decodeCredentialPublicKey(publicKey) as unknown as ReadonlyMap<number, unknown>;
  const [type, first] = [key.get(KTY), key.get(CRV_OR_N)];
  switch (key.get(ALG)) {
    case -7:
      return type === EC2 && first === P256;
    case -8:
      return type === OKP && first === ED25519;
    case -257:
      return type === RSA && isSoundModulus(first) && isUsualExponent(key.get(X_OR_E));
    default:
      return false;
  }
}

function isSoundModulus(value: unknown): boolean {
  return value instanceof Uint8Array && value.length >= LEAST_RSA_BYTES && value.length <= MOST_RSA_BYTES;
}

function isUsualExponent(value: unknown): boolean {
  return value instanceof Uint8Array && Buffer.from(value).toString('hex') === USUAL_EXPONENT;
}
