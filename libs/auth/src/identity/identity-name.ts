import type { Identity } from './identity.js';

/** A proven identity, as one text. A user with many personal tokens is one user still: everybody can make more for themself. */
export function identityNameOf(identity: Identity): string {
  if (identity.kind === 'user') return userName(identity.issuer, identity.subject);
  const { keyId, issuer, appId } = identity;
  return keyId === undefined ? JSON.stringify(['app', issuer, appId]) : keyName(keyId);
}

/** The name of a user, as {@link identityNameOf} has it. */
export function userName(issuer: string, subject: string): string {
  return JSON.stringify(['user', issuer, subject]);
}

/** The name of whoever has an app's key, as {@link identityNameOf} has it. */
export function keyName(keyId: string): string {
  return JSON.stringify(['key', keyId]);
}
