import type { Revocation } from '../revocation/revocation.store.js';
import type { Change } from './change-feed.js';

/** A change as a feed carries it. JSON escapes lone surrogates and U+0000, so that every text survives the way over UTF-8. */
export function formatChange(change: Change): string {
  return JSON.stringify(change);
}

/**
 * Reads what {@link formatChange} wrote; undefined when it is no change that this version knows. Who follows is then told `missed`: what a
 * newer version has written may be anything.
 */
export function parseChange(text: string): Change | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isChange(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isChange(value: unknown): value is Change {
  if (!isObject(value)) return false;
  switch (value.kind) {
    case 'bans':
      return isTexts(value.networks);
    case 'all-bans':
      return true;
    case 'revocation':
      return isRevocation(value.revocation);
    case 'api-keys':
      return isTexts(value.ids);
    case 'signing-keys':
      return isTexts(value.gone);
    default:
      return false;
  }
}

function isRevocation(value: unknown): value is Revocation {
  return (
    isObject(value) &&
    [value.id, value.issuer, value.reason].every(isText) &&
    [value.revokedAt, value.expiresAt].every(Number.isFinite) &&
    isTarget(value)
  );
}

function isTarget(value: Readonly<Record<string, unknown>>): boolean {
  switch (value.type) {
    case 'token':
      return isText(value.tokenId);
    case 'session':
      return isText(value.sessionId);
    case 'user':
      return isText(value.subject) && Number.isFinite(value.issuedUntil);
    case 'client':
      return isText(value.clientId) && Number.isFinite(value.issuedUntil);
    default:
      return false;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}
