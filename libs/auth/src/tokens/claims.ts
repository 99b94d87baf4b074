import { settled } from '../async/maybe-promise.js';
import { type Confirmation, confirmationIn } from '../identity/confirmation.js';
import type { CompactJws } from './compact-jws.js';
import { type Claims, foreignTo, type IssuerProfile } from './issuer-profile.js';
import type { TokenOptions } from './token.options.js';
import type { TrustedIssuer } from './trusted-issuers.js';

/** The reason that honest clients meet as well. */
export const EXPIRED = 'expired';

/** What the claims of an acceptable access token say. */
export interface AcceptedClaims {
  readonly subject: string;
  readonly clientId: string;
  /** Undefined only where the issuer's profile allows it. */
  readonly tokenId: string | undefined;
  readonly sessionId: string | undefined;
  readonly grantId: string | undefined;
  /** `iat`, in seconds since the epoch. */
  readonly issuedAt: number;
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
  /** What whoever sends it has to prove to hold; undefined for a bearer token. */
  readonly confirmation: Confirmation | undefined;
  /** Whether the client acts for itself, so that there is no user. */
  readonly isClient: boolean;
  readonly claims: Claims;
}

/**
 * Checks everything about a token but its signature (RFC 9068 section 4, RFC 7519 section 4.1).
 *
 * @param now milliseconds since the epoch
 * @returns what the claims say, or why the token is refused
 */
export function checkClaims(
  { header, claims }: CompactJws,
  { profile, audience, name, binding }: TrustedIssuer,
  { clockToleranceSeconds, maxLifetimeSeconds }: TokenOptions,
  now: number,
): AcceptedClaims | string {
  const type = header.typ?.toLowerCase().replace(/^application\//, '');
  if (!profile.types.includes(type)) return `typ is not that of an access token of ${name}`;
  const foreign = foreignTo(profile, claims);
  if (foreign !== undefined) return foreign;
  if (!contains(claims[profile.audience], audience)) return `${profile.audience} does not name ${audience}`;

  const refused = checkTimes(claims, now / 1000, clockToleranceSeconds, maxLifetimeSeconds);
  if (refused !== undefined) return refused;

  const { sub, sid, grant_id } = claims;
  const clientId = profile.clientId.map((claim) => claims[claim]).find((value) => value !== undefined);
  const tokenId = claims[profile.tokenId];
  if (!isText(sub) || !isText(clientId)) return `sub or ${profile.clientId.join(', ')} is missing`;
  const mayLackId = profile.isTokenIdOptional === true && tokenId === undefined;
  if (!isText(tokenId) && !mayLackId) return `${profile.tokenId} is missing`;
  if (sid !== undefined && !isText(sid)) return 'sid is not a text';
  if (grant_id !== undefined && !isText(grant_id)) return 'grant_id is not a text';

  const confirmation = claims.cnf === undefined ? undefined : confirmationIn(claims.cnf);
  if (claims.cnf !== undefined && confirmation === undefined)
    return 'has cnf, so it is bound to something, but not to just one key or certificate';
  if (confirmation === undefined && binding === 'demand')
    return `has no cnf, and tokens of ${name} have to be bound`;

  return {
    confirmation,
    subject: sub,
    clientId,
    tokenId: isText(tokenId) ? tokenId : undefined,
    sessionId: isText(sid) ? sid : undefined,
    grantId: isText(grant_id) ? grant_id : undefined,
    issuedAt: claims.iat as number,
    expiresAt: claims.exp as number,
    isClient: profile.isClientToken(claims, clientId),
    claims,
  };
}

/** RFC 7519 sections 4.1.4 to 4.1.6. @param now seconds since the epoch */
function checkTimes(
  { exp, iat, nbf }: Claims,
  now: number,
  tolerance: number,
  maxLifetime: number,
): string | undefined {
  if (!isTime(exp) || !isTime(iat)) return 'exp or iat is no number';
  if (nbf !== undefined && !isTime(nbf)) return 'nbf is no number';
  if (exp + tolerance <= now) return EXPIRED;
  // Whole seconds, and our own issuer's tokens right after a revocation, need one second in any case.
  if (iat > now + Math.max(tolerance, 1)) return 'issued in the future';
  if (nbf !== undefined && nbf > now + tolerance) return 'not valid yet';
  if (exp - iat > maxLifetime) return `lives longer than ${maxLifetime} s`;
  return undefined;
}

/**
 * The scopes that verified claims grant. What maps them may be an app's own code, so it never sees claims that anybody
 * could have written.
 *
 * @returns undefined when the mapping fails
 */
export function scopesOf(
  claims: Claims,
  { scopes: map }: Pick<IssuerProfile, 'scopes'>,
): readonly string[] | undefined {
  try {
    const scopes: unknown = settled(map(claims));
    return Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string') ? scopes : undefined;
  } catch {
    return undefined;
  }
}

function contains(value: unknown, audience: string): boolean {
  return Array.isArray(value) ? value.includes(audience) : value === audience;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
