import type { TokenFacts } from '../identity/verified-token.js';
import { ExpiringMap } from './expiring-map.js';
import type { Revocation } from './revocation.store.js';

/** Everything issued up to a time, in seconds since the epoch like `iat`. */
interface IssuedUntil {
  readonly issuedUntil: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** The revocations of one issuer. Of single tokens there may be a million, so they cost a key and a number each. */
class IssuerRevocations {
  readonly tokens = new ExpiringMap<number>();
  readonly sessions = new ExpiringMap<number>();
  readonly users = new ExpiringMap<IssuedUntil>();
  readonly clients = new ExpiringMap<IssuedUntil>();
  /** Of everybody's tokens. */
  issuedUntil = -1;

  covers({ tokenId, sessionId, grantId, subject, clientId, issuedAt }: TokenFacts): boolean {
    // Most of these maps are empty most of the time, and even then a lookup hashes its key.
    return (
      issuedAt <= this.issuedUntil ||
      (this.tokens.size > 0 && this.tokens.has(tokenId)) ||
      (this.sessions.size > 0 && (this.#hasSession(sessionId) || this.#hasSession(grantId))) ||
      (this.users.size > 0 && isIssuedUntil(this.users.get(subject), issuedAt)) ||
      (this.clients.size > 0 && isIssuedUntil(this.clients.get(clientId), issuedAt))
    );
  }

  /** A grant is a session as well, by a name of its own: that of a client. */
  #hasSession(id: string | undefined): boolean {
    return id !== undefined && this.sessions.has(id);
  }
}

function isIssuedUntil(revocation: IssuedUntil | undefined, issuedAt: number): boolean {
  return revocation !== undefined && issuedAt <= revocation.issuedUntil;
}

/** Every revocation in force, in memory, for the check on each request. */
export class ActiveRevocations {
  readonly #issuers = new Map<string, IssuerRevocations>();

  /** @param now milliseconds since the epoch */
  apply(revocation: Revocation, now: number): void {
    const ofIssuer = this.#issuers.get(revocation.issuer) ?? new IssuerRevocations();
    this.#issuers.set(revocation.issuer, ofIssuer);
    const expiresAt = Math.ceil(revocation.expiresAt / 1000);
    const seconds = now / 1000;
    switch (revocation.type) {
      case 'token':
        prolong(ofIssuer.tokens, revocation.tokenId, expiresAt, seconds);
        break;
      case 'session':
        prolong(ofIssuer.sessions, revocation.sessionId, expiresAt, seconds);
        break;
      case 'user':
        extend(
          ofIssuer.users,
          revocation.subject,
          { issuedUntil: revocation.issuedUntil, expiresAt },
          seconds,
        );
        break;
      case 'client':
        extend(
          ofIssuer.clients,
          revocation.clientId,
          { issuedUntil: revocation.issuedUntil, expiresAt },
          seconds,
        );
        break;
      case 'issuer':
        ofIssuer.issuedUntil = Math.max(ofIssuer.issuedUntil, revocation.issuedUntil);
        break;
    }
  }

  /** Whether a token is revoked. It goes by the token's claims, which no other spelling of it changes. */
  covers(facts: TokenFacts): boolean {
    return this.#issuers.get(facts.issuer)?.covers(facts) ?? false;
  }

  /** Until when everything that the user, by this client, was issued is refused; seconds since the epoch. */
  issuedUntil(issuer: string, subject: string, clientId: string | undefined): number {
    const ofIssuer = this.#issuers.get(issuer);
    return Math.max(
      ofIssuer?.issuedUntil ?? -1,
      ofIssuer?.users.get(subject)?.issuedUntil ?? -1,
      ofIssuer?.clients.get(clientId ?? '')?.issuedUntil ?? -1,
    );
  }
}

/** Of two revocations of the same, the one that lasts longer counts. A reload brings a million that are there already: they stay where they are. */
function prolong(map: ExpiringMap<number>, key: string, expiresAt: number, now: number): void {
  const existing = map.get(key);
  if (existing === undefined || existing < expiresAt) map.put(key, expiresAt, now);
}

/** Of two revocations of the same, what either refuses counts, for as long as either lasts. */
function extend(map: ExpiringMap<IssuedUntil>, key: string, given: IssuedUntil, now: number): void {
  const existing = map.get(key);
  const issuedUntil = Math.max(existing?.issuedUntil ?? 0, given.issuedUntil);
  const expiresAt = Math.max(existing?.expiresAt ?? 0, given.expiresAt);
  if (issuedUntil === existing?.issuedUntil && expiresAt === existing.expiresAt) return;
  map.put(key, { issuedUntil, expiresAt }, now);
}
