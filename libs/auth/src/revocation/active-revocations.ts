import type { TokenFacts } from '../identity/verified-token.js';
import { ExpiringTable } from './expiring-table.js';
import type { KnownRevocation } from './revocation.store.js';
import { LONGEST_LOGIN_MS } from './revocation-times.js';

/** Everything issued up to a time, in seconds since the epoch like `iat`. */
interface IssuedUntil {
  readonly issuedUntil: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** Logins of a user that were begun by a time. */
interface EndedLogins extends IssuedUntil {
  /** When it became known here, by `performance.now()`: what has begun here before that may have been proven by what counts no more. */
  readonly heardAt: number;
}

/** The revocations of one issuer. Of single tokens there may be a million, so they cost a key and a number each. */
class IssuerRevocations {
  readonly tokens = new ExpiringTable<number>();
  readonly sessions = new ExpiringTable<number>();
  readonly users = new ExpiringTable<IssuedUntil>();
  readonly clients = new ExpiringTable<IssuedUntil>();
  readonly logins = new ExpiringTable<EndedLogins>();
  /** The ids of what has ended logins: what is read again was heard of when it came first. */
  readonly #heard = new ExpiringTable<number>();
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

  endLogins(
    { id, subject, issuedUntil, revokedAt }: KnownRevocation & { readonly type: 'user' | 'logins' },
    now: number,
  ): void {
    const expiresAt = Math.ceil((revokedAt + LONGEST_LOGIN_MS) / 1000);
    if (expiresAt <= now || this.#heard.has(id)) return;
    this.#heard.put(id, expiresAt, now);
    const latest = Math.max(issuedUntil, this.logins.get(subject)?.issuedUntil ?? 0);
    this.logins.put(subject, { issuedUntil: latest, expiresAt, heardAt: performance.now() }, now);
  }
}

function isIssuedUntil(revocation: IssuedUntil | undefined, issuedAt: number): boolean {
  return revocation !== undefined && issuedAt <= revocation.issuedUntil;
}

/** Every revocation in force, in memory, for the check on each request. */
export class ActiveRevocations {
  readonly #issuers = new Map<string, IssuerRevocations>();

  /** @param now milliseconds since the epoch */
  apply(revocation: KnownRevocation, now: number): void {
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
        ofIssuer.endLogins(revocation, seconds);
        break;
      case 'logins':
        ofIssuer.endLogins(revocation, seconds);
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

  /** Until when logins of the user had begun that are refused; seconds since the epoch. */
  loginsUntil(issuer: string, subject: string): number {
    return this.#issuers.get(issuer)?.logins.get(subject)?.issuedUntil ?? -1;
  }

  /** When it became known here that logins of the user have ended, the last time; by `performance.now()`. */
  loginsEndedAt(issuer: string, subject: string): number {
    return this.#issuers.get(issuer)?.logins.get(subject)?.heardAt ?? -1;
  }
}

/** Of two revocations of the same, the one that lasts longer counts. A reload brings a million that are there already: they stay where they are. */
function prolong(map: ExpiringTable<number>, key: string, expiresAt: number, now: number): void {
  const existing = map.get(key);
  if (existing === undefined || existing < expiresAt) map.put(key, expiresAt, now);
}

/** Of two revocations of the same, what either refuses counts, for as long as either lasts. */
function extend(map: ExpiringTable<IssuedUntil>, key: string, given: IssuedUntil, now: number): void {
  const existing = map.get(key);
  const issuedUntil = Math.max(existing?.issuedUntil ?? 0, given.issuedUntil);
  const expiresAt = Math.max(existing?.expiresAt ?? 0, given.expiresAt);
  if (issuedUntil === existing?.issuedUntil && expiresAt === existing.expiresAt) return;
  map.put(key, { issuedUntil, expiresAt }, now);
}
