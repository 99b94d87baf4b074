import { LRUCache } from 'lru-cache';
import type { UserIdentity } from '../identity/identity.js';

/**
 * Tokens whose signature and claims were verified, by their exact text. Bounded; only verified tokens get
 * in, so invalid ones can't push good ones out. Whether a token is revoked is not remembered here.
 */
export class VerifiedTokenCache {
  readonly #identities: LRUCache<string, UserIdentity>;

  /** @param size the number of tokens; the one unused for longest leaves first */
  constructor(size: number) {
    this.#identities = new LRUCache({ max: size });
  }

  /** @param now milliseconds since the epoch; a token that has expired by then is dropped */
  get(token: string, now: number): UserIdentity | undefined {
    const identity = this.#identities.get(token);
    if (identity !== undefined && identity.expiresAt * 1000 <= now) {
      this.#identities.delete(token);
      return undefined;
    }
    return identity;
  }

  set(token: string, identity: UserIdentity): void {
    this.#identities.set(token, identity);
  }
}
