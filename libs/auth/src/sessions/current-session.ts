import { ACCESS_TOKEN_REQUIRED } from '../api-keys/api-key-refusals.js';
import { PortcullisError } from '../errors.js';
import type { UserIdentity } from '../identity/identity.js';

/** The session that a user's access token is of; undefined for one of none. */
export function currentSessionOf({
  issuer,
  subject,
  claims: { sid },
}: UserIdentity): { readonly id: string; readonly issuer: string; readonly subject: string } | undefined {
  return typeof sid === 'string' ? { id: sid, issuer, subject } : undefined;
}

/**
 * Whoever finds a personal token must not be able to end logins, nor to learn of them.
 *
 * @throws PortcullisError `access_token_required`
 */
export function demandAccessToken({ keyId }: UserIdentity): void {
  if (keyId === undefined) return;
  throw new PortcullisError(ACCESS_TOKEN_REQUIRED, `a personal token (${keyId}) was sent`, { keyId });
}
