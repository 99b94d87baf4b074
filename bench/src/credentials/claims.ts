import { randomUUID } from 'node:crypto';

/** `iss` of every token. */
export const ISSUER = 'https://issuer.example';
/** `aud` of every token. */
export const AUDIENCE = 'https://parcels.example';
/** What every token and every API key may do, and the full route demands. */
export const SCOPES = ['parcels:read', 'parcels:deliver'];

const LIFETIME_SECONDS = 3_600;

/** What an access token says after RFC 9068, which all subjects accept. */
export function newClaims(): Record<string, unknown> {
  const issuedAt = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: randomUUID(),
    client_id: 'parcel-web',
    jti: randomUUID(),
    scope: SCOPES.join(' '),
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
  };
}
