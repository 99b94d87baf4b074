import { LRUCache } from 'lru-cache';
import type { VerifiedToken } from './verified-token.js';

/**
 * Verified tokens, by their exact text. Bounded; only verified tokens get in, so invalid ones can't push good ones out.
 */
export class VerifiedTokenCache {
  readonly #byToken: LRUCache<string, VerifiedToken>;
  /** By the payload alone, to know a proven token's content when it comes under another header. */
  readonly #byPayload: LRUCache<string, VerifiedToken>;

  /** @param size the number of tokens; the one unused for longest leaves first */
  constructor(size: number) {
    this.#byToken = new LRUCache({ max: size });
    this.#byPayload = new LRUCache({ max: size });
  }

  /** @param now milliseconds since the epoch; a token that has expired by then is dropped */
  get(token: string, now: number): VerifiedToken | undefined {
    const verified = this.#byToken.get(token);
    if (verified === undefined || now < verified.expiresAt * 1000) return verified;
    this.drop(token);
    return undefined;
  }

  /** The verified token that has this token's payload, whatever else is different. */
  findByPayload(token: string): VerifiedToken | undefined {
    return this.#byPayload.get(payloadOf(token));
  }

  /** @param byPayload whether it can be found by its payload too */
  set(token: string, verified: VerifiedToken, { byPayload }: { readonly byPayload: boolean }): void {
    this.#byToken.set(token, verified);
    if (byPayload) this.#byPayload.set(payloadOf(token), verified);
  }

  drop(token: string): void {
    this.#byToken.delete(token);
    this.#byPayload.delete(payloadOf(token));
  }
}

function payloadOf(token: string): string {
  return token.split('.', 2)[1] ?? '';
}
