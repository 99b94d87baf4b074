import { PortcullisError } from '../errors.js';
import type { UserIdentity } from '../identity/identity.js';
import { ACCESS_TOKEN_REQUIRED } from './api-key-refusals.js';

/**
 * Whether a user has given the token to somebody else's application, by an authorization server: such a token has `grant_id`. It is for
 * what its scopes say, and not for what belongs to the user alone.
 */
export function isDelegated({ claims }: UserIdentity): boolean {
  return claims.grant_id !== undefined;
}

/**
 * Demands that users have come by themselves, for what is about their own account. Whoever finds a personal token, and an application that
 * was given a token, must not be able to make more of it: to end logins, to learn of them, to take a factor away.
 *
 * @throws PortcullisError `access_token_required`
 */
export function demandAccessToken(user: UserIdentity): void {
  const { keyId, clientId } = user;
  if (keyId !== undefined)
    throw new PortcullisError(ACCESS_TOKEN_REQUIRED, `a personal token (${keyId}) was sent`, { keyId });
  if (isDelegated(user))
    throw new PortcullisError(ACCESS_TOKEN_REQUIRED, `a token that ${clientId} was given was sent`);
}
