import { isDelegated } from '../api-keys/demand-access-token.js';
import type { UserIdentity } from '../identity/identity.js';

/** The session that an access token says it is of: `sid`, `iss` and `sub`. */
export interface TokenSession {
  readonly id: string;
  readonly issuer: string;
  readonly subject: string;
}

/**
 * The session that a user's access token is of; undefined for one of none. A token that another application was given is of what it was
 * granted, whatever login that goes back to.
 */
export function currentSessionOf(user: UserIdentity): TokenSession | undefined {
  const { issuer, subject, claims } = user;
  const { sid } = claims;
  return typeof sid === 'string' && !isDelegated(user) ? { id: sid, issuer, subject } : undefined;
}
