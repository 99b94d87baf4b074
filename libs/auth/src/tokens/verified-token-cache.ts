import type { VerifiedToken } from '../identity/verified-token.js';
import { RecentlyUsed } from '../recently-used.js';

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
  readonly #byEnd: RecentlyUsed<Known>;
  /** Those that came again after their end: they prove nothing any more, but whose they were. */
  readonly #expired: RecentlyUsed<Known>;

  /**
   * @param size the number of tokens; the one unused for longest leaves first
   * @param toleranceSeconds how long a token is good after its end, for clocks that differ
   */
  constructor(
    size: number,
    private readonly toleranceSeconds: number,
  ) {
    this.#byEnd = new RecentlyUsed(size);
    this.#expired = new RecentlyUsed(size);
  }

  /** @param now milliseconds since the epoch; a token that is refused as expired by then is dropped */
  get(token: string, now: number): VerifiedToken | undefined {
    const known = this.#byEnd.get(endOf(token));
    if (known === undefined || known.token !== token) return undefined;
    if (!this.isOver(known.verified, now)) return known.verified;
    this.drop(token);
    this.#expired.set(endOf(token), known);
    return undefined;
  }

  /** Whether a token is refused as expired. @param now milliseconds since the epoch */
  isOver({ expiresAt }: VerifiedToken, now: number): boolean {
    return !(now / 1000 < expiresAt + this.toleranceSeconds);
  }

  /** A token that was verified before it expired, and has come again since. */
  findExpired(token: string): VerifiedToken | undefined {
    const known = this.#expired.get(endOf(token));
    return known?.token === token ? known.verified : undefined;
  }

  /**
   * The verified token whose signature this text carries, whatever stands before it. Header and payload can be put together from what
   * logs and lists say of a token; only who has had the token itself knows its signature.
   */
  findBySignature(token: string): VerifiedToken | undefined {
    const known = this.#byEnd.get(endOf(token));
    return known !== undefined && signatureOf(known.token) === signatureOf(token)
      ? known.verified
      : undefined;
  }

  set(token: string, verified: VerifiedToken): void {
    this.#byEnd.set(endOf(token), { token, verified });
  }

  drop(token: string): void {
    this.#byEnd.delete(endOf(token));
  }
}

function endOf(token: string): string {
  return token.slice(-END_LENGTH);
}

function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1);
}
