import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** How keys are hashed at rest: by SHA-256, or by HMAC-SHA-256 under a pepper; base64url. */
export class ApiKeyHasher {
  readonly #peppers: readonly (string | Uint8Array)[];

  /** @param peppers the current one, and the one before it */
  constructor(peppers: readonly (string | Uint8Array)[]) {
    this.#peppers = peppers;
  }

  /**
   * The digest under which a key is kept.
   *
   * @param sha256 SHA-256 of the key
   */
  hash(key: string, sha256: string = sha256Of(key)): string {
    const [pepper] = this.#peppers;
    return pepper === undefined ? sha256 : hmacOf(pepper, key);
  }

  /** Every digest under which a key may have been kept, the current one first. */
  digestsOf(key: string, sha256: string = sha256Of(key)): string[] {
    // Keys from before the first pepper are known by their SHA-256 alone.
    return [...this.#peppers.map((pepper) => hmacOf(pepper, key)), sha256];
  }

  /**
   * Whether a digest is the key's. It takes as long whether there is one or not, and whichever it is.
   *
   * @param sha256 SHA-256 of the key
   */
  matches(key: string, sha256: string, stored: string | undefined): boolean {
    let matches = false;
    for (const digest of this.digestsOf(key, sha256)) {
      const isThis = isSameDigest(digest, stored ?? NO_DIGEST);
      matches = matches || isThis;
    }
    return matches && stored !== undefined;
  }
}

/** As long as a digest, and none: compared with where there is none. */
const NO_DIGEST = '-'.repeat(43);

/** SHA-256 of a key, base64url. */
export function sha256Of(key: string): string {
  return hash('sha256', key, 'base64url');
}

/** Compares in a time that doesn't show where two digests differ. */
function isSameDigest(one: string, other: string): boolean {
  return (
    one.length === other.length && timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'))
  );
}

function hmacOf(pepper: string | Uint8Array, key: string): string {
  return createHmac('sha256', pepper).update(key).digest('base64url');
}
