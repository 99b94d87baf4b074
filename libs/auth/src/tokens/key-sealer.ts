import type { JWK } from 'jose';
import { compactDecrypt } from 'jose/jwe/compact/decrypt';
import { CompactEncrypt } from 'jose/jwe/compact/encrypt';

/** What is in a sealed key: its row in the store can't be changed without it, but for being removed. */
export interface SealedKey {
  readonly jwk: JWK;
  /** Milliseconds since the epoch. */
  readonly signsFrom: number;
}

const HEADER = { alg: 'dir', enc: 'A256GCM' } as const;

/** The bytes of a key-encryption key in Base64 or base64url; undefined when there are not 32 of them. */
export function encryptionKeyOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || !/^[\w+/-]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** Encrypts private keys for a store, as JWE (RFC 7516) with AES-256-GCM. */
export class KeySealer {
  readonly #keys: readonly Uint8Array[];

  /** @param keys the first one seals, all of them open */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  seal(key: SealedKey): Promise<string> {
    const text = new TextEncoder().encode(JSON.stringify(key));
    return new CompactEncrypt(text).setProtectedHeader(HEADER).encrypt(this.#keys[0] as Uint8Array);
  }

  /** Undefined when it was changed, or sealed by a key that is not known. */
  async open(sealed: string): Promise<SealedKey | undefined> {
    for (const key of this.#keys) {
      try {
        const { plaintext } = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: [HEADER.alg],
          contentEncryptionAlgorithms: [HEADER.enc],
        });
        return JSON.parse(new TextDecoder().decode(plaintext));
      } catch {
        // Perhaps by the next one.
      }
    }
    return undefined;
  }
}
