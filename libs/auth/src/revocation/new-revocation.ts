import { randomUUID } from 'node:crypto';
import type { Actor } from '../events/security-event.js';
import type { Revocation, RevocationTarget } from './revocation.store.js';
import type { RevocationSettings } from './revocation-settings.js';
import { expiryOf } from './revocation-times.js';

export interface RevocationDetails extends Actor {
  /** `iss` of the tokens. By default this app's own issuer. */
  readonly issuer?: string;
  /** Why, for the operator. */
  readonly reason: string;
}

/** How a session is revoked. */
export interface SessionRevocationDetails extends RevocationDetails {
  /**
   * Whether the session gets no new tokens any more: then the revocation is remembered for as long as one of its tokens lives, and not for
   * as long as a session does. By default that is not known.
   */
  readonly isOver?: boolean;
}

/** What of an issuer is revoked. */
export interface IssuerRevocationDetails extends RevocationDetails {
  /** What was issued up to this time, in seconds since the epoch; up to now by default. */
  readonly issuedUntil?: number;
}

/** Characters. */
const LONGEST_TEXT = 10_000;

/**
 * A revocation as it is kept.
 *
 * @param targetOf what is revoked, given the issuer and the time in milliseconds since the epoch
 * @param isOver whether a session gets no new tokens any more
 * @throws TypeError when no issuer is named and this app is none, or a text is none or too long
 */
export function newRevocation(
  settings: Pick<RevocationSettings, 'now' | 'tokens'>,
  { issuer = settings.tokens?.issuer?.url, reason }: RevocationDetails,
  targetOf: (issuer: string, now: number) => RevocationTarget,
  isOver = false,
): Revocation {
  if (issuer === undefined) throw new TypeError('Name the issuer: this app issues no tokens of its own');
  const revokedAt = settings.now();
  const target = targetOf(issuer, revokedAt);
  // Others are kept together with it, and must not fail with it.
  for (const text of [issuer, reason, ...Object.values(target)])
    if (typeof text !== 'number' && !(typeof text === 'string' && text.length <= LONGEST_TEXT))
      throw new TypeError(
        `What is revoked, its issuer and the reason are texts of at most ${LONGEST_TEXT} characters`,
      );
  const expiresAt = expiryOf(target, revokedAt, settings.tokens, isOver);
  return { ...target, id: randomUUID(), issuer, reason, revokedAt, expiresAt };
}
