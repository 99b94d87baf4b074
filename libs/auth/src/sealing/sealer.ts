import { compactDecrypt } from 'jose/jwe/compact/decrypt';
import { CompactEncrypt } from 'jose/jwe/compact/encrypt';

const HEADER = { alg: 'dir', enc: 'A256GCM' } as const;

/** The bytes of a key-encryption key in Base64 or base64url; undefined when there are not 32 of them. */
export function encryptionKeyOf(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || !/^[\w+/-]{43}=?$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** What was sealed. */
export interface Opened<Content> {
  readonly content: Content;
  /** Whether the first of the keys has sealed it: an older one is to be taken away some day. */
  readonly isByFirst: boolean;
}

/**
 * Encrypts secrets for a store, as JWE (RFC 7516) with AES-256-GCM.
 *
 * @typeParam Content as JSON has it; it names what it belongs to, so that it does not pass for the secret of another
 */
export class Sealer<Content extends object> {
  readonly #keys: readonly Uint8Array[];

  /** @param keys 32 bytes each: the first one seals, all of them open */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  seal(content: Content): Promise<string> {
    const text = new TextEncoder().encode(JSON.stringify(content));
    return new CompactEncrypt(text).setProtectedHeader(HEADER).encrypt(this.#keys[0] as Uint8Array);
  }

  /** Undefined when it was changed, or sealed by a key that is not known. */
  async open(sealed: string): Promise<Opened<Content> | undefined> {
    for (const [index, key] of this.#keys.entries()) {
      try {
        const { plaintext } = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: [HEADER.alg],
          contentEncryptionAlgorithms: [HEADER.enc],
        });
        return { content: JSON.parse(new TextDecoder().decode(plaintext)), isByFirst: index === 0 };
      } catch {
        // Perhaps by the next one.
      }
    }
    return undefined;
  }
}
