import type { UserIdentity } from '../identity/identity.js';
import type { Revocation } from './revocation.store.js';

/** Every revocation in force, in memory, for the check on each request. */
export class RevocationReplica {
  readonly #byKey = new Map<string, Revocation>();

  apply(revocation: Revocation): void {
    const key = keyOf(revocation);
    const existing = this.#byKey.get(key);
    this.#byKey.set(key, existing === undefined ? revocation : stricter(existing, revocation));
  }

  /** The revocation that a token falls under. It goes by the token's claims, which no other spelling of it changes. */
  find({ issuer, subject, tokenId, issuedAt }: UserIdentity): Revocation | undefined {
    if (this.#byKey.size === 0) return undefined;
    const ofToken = this.#byKey.get(tokenKey(issuer, tokenId));
    return ofToken ?? this.#ofUser(issuer, subject, issuedAt);
  }

  /** Until when everything that the user was issued is refused; seconds since the epoch. */
  issuedUntil(issuer: string, subject: string): number | undefined {
    const revocation = this.#byKey.get(userKey(issuer, subject));
    return revocation?.type === 'user' ? revocation.issuedUntil : undefined;
  }

  /** Drops what can't match any token any more. */
  sweep(now: number): void {
    for (const [key, { expiresAt }] of this.#byKey) {
      if (expiresAt <= now) this.#byKey.delete(key);
    }
  }

  #ofUser(issuer: string, subject: string, issuedAt: number): Revocation | undefined {
    const revocation = this.#byKey.get(userKey(issuer, subject));
    return revocation?.type === 'user' && issuedAt <= revocation.issuedUntil ? revocation : undefined;
  }
}

/** Of two revocations of the same, what either refuses, for as long as either lasts. */
function stricter(one: Revocation, other: Revocation): Revocation {
  const expiresAt = Math.max(one.expiresAt, other.expiresAt);
  if (one.type !== 'user' || other.type !== 'user') return { ...other, expiresAt };
  return { ...other, expiresAt, issuedUntil: Math.max(one.issuedUntil, other.issuedUntil) };
}

function keyOf(revocation: Revocation): string {
  return revocation.type === 'token'
    ? tokenKey(revocation.issuer, revocation.tokenId)
    : userKey(revocation.issuer, revocation.subject);
}

/** JSON keeps the parts apart whatever characters they hold. */
function tokenKey(issuer: string, tokenId: string): string {
  return JSON.stringify(['token', issuer, tokenId]);
}

function userKey(issuer: string, subject: string): string {
  return JSON.stringify(['user', issuer, subject]);
}
