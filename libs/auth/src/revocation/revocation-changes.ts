import { defineChange } from '../replication/change-definition.js';
import { type Facts, isFacts, isText } from '../replication/change-facts.js';
import type { Revocation } from './revocation.store.js';

declare module '../replication/change-definition.js' {
  interface ChangeKinds {
    revocation: { readonly revocation: Revocation };
  }
}

export const REVOKED = defineChange('revocation', {
  parse: ({ revocation }) => (isRevocation(revocation) ? { revocation } : undefined),
  takenOver: 'at-once',
});

function isRevocation(value: unknown): value is Revocation {
  return (
    isFacts(value) &&
    [value.id, value.issuer, value.reason].every(isText) &&
    [value.revokedAt, value.expiresAt].every(Number.isFinite) &&
    isTarget(value)
  );
}

function isTarget(value: Facts): boolean {
  switch (value.type) {
    case 'token':
      return isText(value.tokenId);
    case 'session':
      return isText(value.sessionId);
    case 'user':
    case 'logins':
      return isText(value.subject) && Number.isFinite(value.issuedUntil);
    case 'client':
      return isText(value.clientId) && Number.isFinite(value.issuedUntil);
    case 'issuer':
      return Number.isFinite(value.issuedUntil);
    default:
      return false;
  }
}
