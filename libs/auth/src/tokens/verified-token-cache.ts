import { LRUCache } from 'lru-cache';
import type { VerifiedToken } from '../identity/verified-token.js';

/** In characters: all of the shortest signature, and as hard to meet by chance. */
const END_LENGTH = 43;

interface Known {
  readonly token: string;
  readonly verified: VerifiedToken;
}

/**
 * Verified tokens, by their exact text. Bounded; only verified tokens get in, so invalid ones can't push good ones out.
 */
export class VerifiedTokenCache {
  /** By the end of the signature: to find a text among others all of it is hashed, which takes far longer than comparing it once. */
  readonly #byEnd: LRUCache<string, Known>;
  /** By the payload alone, to know a proven token's content when it comes under another header. */
  readonly #byPayload: LRUCache<string, VerifiedToken>;

  /** @param size the number of tokens; the one unused for longest leaves first */
  constructor(size: number) {
    this.#byEnd = new LRUCache({ max: size });
    this.#byPayload = new LRUCache({ max: size });
  }

  /** @param now milliseconds since the epoch; a token that has expired by then is dropped */
  get(token: string, now: number): VerifiedToken | undefined {
    const known = this.#byEnd.get(endOf(token));
    if (known === undefined || known.token !== token) return undefined;
    if (now < known.verified.expiresAt * 1000) return known.verified;
    this.drop(token);
    return undefined;
  }

  /** The verified token that has this token's payload, whatever else is different. */
  findByPayload(token: string): VerifiedToken | undefined {
    return this.#byPayload.get(payloadOf(token));
  }

  /** @param byPayload whether it can be found by its payload too */
  set(token: string, verified: VerifiedToken, { byPayload }: { readonly byPayload: boolean }): void {
    this.#byEnd.set(endOf(token), { token, verified });
    if (byPayload) this.#byPayload.set(payloadOf(token), verified);
  }

  drop(token: string): void {
    this.#byEnd.delete(endOf(token));
    this.#byPayload.delete(payloadOf(token));
  }
}

function endOf(token: string): string {
  return token.slice(-END_LENGTH);
}

function payloadOf(token: string): string {
  return token.split('.', 2)[1] ?? '';
}
