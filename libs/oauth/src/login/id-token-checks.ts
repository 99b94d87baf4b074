import { hash } from 'node:crypto';
import type { Claims } from './login-provider.js';

/** All that is asymmetric and current (RFC 7518, RFC 8037, RFC 9864). */
export const ID_TOKEN_ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

const LONGEST_SUBJECT = 255;

interface TokenResponse {
  readonly id_token?: string | undefined;
  readonly access_token: string;
}

/**
 * What `openid-client` leaves to others of OpenID Connect Core sections 3.1.3.7 and 3.1.3.8.
 *
 * @param response whose ID token was verified but for this
 * @returns why it is refused; undefined where nothing is wrong
 */
export function problemOfIdToken(
  { id_token: idToken = '', access_token: accessToken }: TokenResponse,
  { sub, azp, at_hash: hashed }: Claims,
  clientId: string,
): string | undefined {
  if (typeof sub !== 'string' || sub === '' || sub.length > LONGEST_SUBJECT) return 'sub is no subject';
  if (azp !== undefined && azp !== clientId) return 'azp is another client';
  const expected = hashed === undefined ? undefined : halfHashOf(accessToken, algorithmOf(idToken));
  return hashed === expected ? undefined : 'at_hash is that of another access token';
}

function algorithmOf(idToken: string): string {
  return JSON.parse(Buffer.from(idToken.split('.')[0] ?? '', 'base64url').toString()).alg;
}

/** The left half of the hash that the signature is made over; that of Ed25519 is SHA-512. */
function halfHashOf(text: string, algorithm: string): string {
  const bits = /\d{3}$/.exec(algorithm)?.[0];
  const isEdwards = algorithm === 'EdDSA' || algorithm === 'Ed25519';
  const digest = hash(isEdwards ? 'sha512' : `sha${bits}`, text, 'buffer');
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
