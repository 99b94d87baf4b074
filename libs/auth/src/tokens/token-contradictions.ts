import { isSecureUrl } from '../net/secure-url.js';
import type { TokenOptions, TrustedIssuerOptions } from './token.options.js';

/** Key sets are read to their hundredth key; ours stays well below that. */
const MAX_ROTATIONS_KEPT = 50;

/** What no single option shows: issuers that can't be told apart, tokens that nobody accepts. Each in one line. */
export function contradictionsIn(
  tokens: TokenOptions,
  { signingKeys }: { readonly signingKeys?: unknown } = {},
): string[] {
  const { issuer, trustedIssuers, maxLifetimeSeconds } = tokens;
  const { keyCooldownSeconds, keyRefreshSeconds, keyMaxAgeSeconds } = tokens;
  const names = [...(issuer ? [issuer.url] : []), ...trustedIssuers.map((trusted) => trusted.issuer)];
  const secrets = trustedIssuers.flatMap(({ sharedSecret }) => (sharedSecret ? [digits(sharedSecret)] : []));
  const found: readonly (readonly [boolean, string])[] = [
    [names.length === 0, 'tokens: name an own issuer, or at least one of trustedIssuers'],
    [
      issuer !== undefined && issuer.lifetimeSeconds > maxLifetimeSeconds,
      'tokens.issuer.lifetimeSeconds: must not be more than tokens.maxLifetimeSeconds',
    ],
    [
      issuer !== undefined && maxLifetimeSeconds > MAX_ROTATIONS_KEPT * issuer.rotateEverySeconds,
      `tokens.issuer.rotateEverySeconds: until its tokens have expired a key would be kept for more than ${MAX_ROTATIONS_KEPT} rotations`,
    ],
    [
      issuer !== undefined && signingKeys !== undefined && issuer.keyEncryptionKeys === undefined,
      'tokens.issuer.keyEncryptionKeys: stores.signingKeys keeps private keys, which are encrypted only with one of these, named here or in the storage; `openssl rand -base64 32` makes it',
    ],
    [
      issuer?.signingKey !== undefined && signingKeys !== undefined,
      'tokens.issuer.signingKey: is not used where keys are made and kept in stores.signingKeys; leave out one of them',
    ],
    [
      keyCooldownSeconds > keyRefreshSeconds || keyRefreshSeconds > keyMaxAgeSeconds,
      'tokens: keyCooldownSeconds <= keyRefreshSeconds <= keyMaxAgeSeconds must hold',
    ],
    [
      new Set(secrets).size < secrets.length,
      "tokens.trustedIssuers: two issuers with one sharedSecret could forge each other's tokens",
    ],
  ];
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...found.flatMap(([isFound, problem]) => (isFound ? [problem] : [])),
    ...repeated.map((name) => `tokens.trustedIssuers: ${name} is named twice`),
    ...trustedIssuers.flatMap(keyProblems),
  ];
}

/** Where an issuer's keys come from must be one place, and a safe one. */
function keyProblems({ issuer, jwksUri, sharedSecret, allowHttpOnLoopback }: TrustedIssuerOptions): string[] {
  const name = `tokens.trustedIssuers (${issuer})`;
  if (sharedSecret !== undefined) {
    return jwksUri === undefined ? [] : [`${name}: has either a sharedSecret or a jwksUri`];
  }
  if (isSecureUrl(jwksUri ?? issuer, allowHttpOnLoopback)) return [];
  return jwksUri === undefined
    ? [`${name}: is no https URL that could be asked for its keys, so it needs a jwksUri`]
    : [`${name}: jwksUri must be https, or allowHttpOnLoopback set`];
}

/** A text and its bytes are the same secret. */
function digits(secret: string | Uint8Array): string {
  return Buffer.from(secret as Uint8Array).toString('hex');
}
