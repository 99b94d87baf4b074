import { createSecretKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isSecureUrl } from '../net/secure-url.js';
import { fetchJson } from '../remote/remote-json.js';
import { discoverJwksUri } from './discovery.js';
import { ISSUER_PROFILES, type IssuerProfile } from './issuer-profile.js';
import { KeyRing } from './key-ring.js';
import { KeySet, type KeySource } from './key-set.js';
import { RemoteKeySet } from './remote-key-set.js';
import type { OwnIssuerOptions, TokenOptions, TrustedIssuerOptions } from './token.options.js';
import { TOKEN_SETTINGS, type TokenSettings } from './token-settings.js';
import { loginOfOthers, OWN_LOGIN, type TrustedLogin } from './trusted-login.js';
import { type TokenAlgorithm, VerificationKey } from './verification-key.js';

/** Somebody whose tokens are accepted. */
export interface TrustedIssuer {
  /** `iss`. */
  readonly name: string;
  /** What `aud` must contain. */
  readonly audience: string;
  readonly profile: IssuerProfile;
  /** Whether its tokens have to be bound. */
  readonly binding: 'accept' | 'demand';
  /** The only algorithms its tokens may use, whatever their headers say. */
  readonly algorithms: readonly TokenAlgorithm[];
  readonly keys: KeySource;
  /** What its words on how a user has logged in count. */
  readonly login: TrustedLogin;
}

/** Everybody whose tokens are accepted, by `iss`. */
@Injectable()
export class TrustedIssuers {
  readonly #issuers = new Map<string, TrustedIssuer>();

  constructor(@Inject(TOKEN_SETTINGS) { tokens, now }: TokenSettings, keyRing: KeyRing) {
    if (tokens === undefined) return;
    for (const trusted of tokens.trustedIssuers) this.#add(externalIssuer(trusted, tokens, now));
    if (tokens.issuer !== undefined) this.#add(ownIssuer(tokens.issuer, tokens, keyRing));
  }

  find(issuer: string): TrustedIssuer | undefined {
    return this.#issuers.get(issuer);
  }

  #add(issuer: TrustedIssuer): void {
    this.#issuers.set(issuer.name, issuer);
  }
}

function ownIssuer(
  { url: name, binding }: OwnIssuerOptions,
  { audience }: TokenOptions,
  keyRing: KeyRing,
): TrustedIssuer {
  return {
    name,
    audience,
    binding,
    profile: ISSUER_PROFILES.rfc9068,
    get algorithms() {
      return keyRing.algorithms;
    },
    keys: keyRing,
    login: OWN_LOGIN,
  };
}

function externalIssuer(
  trusted: TrustedIssuerOptions,
  tokens: TokenOptions,
  now: () => number,
): TrustedIssuer {
  const { issuer: name, audience = tokens.audience, binding, sharedSecret, scopesFrom } = trusted;
  const profile: IssuerProfile = ISSUER_PROFILES[trusted.profile];
  return {
    name,
    audience,
    binding,
    profile: scopesFrom === undefined ? profile : { ...profile, scopes: scopesFrom },
    algorithms: sharedSecret === undefined ? trusted.algorithms : ['HS256'],
    keys: sharedSecret === undefined ? remoteKeys(trusted, tokens, now) : secretKey(sharedSecret),
    login: loginOfOthers(tokens.trustedLogins.find((each) => each.issuer === name)),
  };
}

function secretKey(secret: string | Uint8Array): KeySource {
  const key = new VerificationKey('HS256', undefined, createSecretKey(Buffer.from(secret as Uint8Array)));
  const keys = new KeySet([key]);
  // A token's `kid` is no reason to refuse it where there is but one key.
  return { find: (algorithm) => keys.find(algorithm, undefined), has: (keyId) => keys.has(keyId) };
}

function remoteKeys(trusted: TrustedIssuerOptions, tokens: TokenOptions, now: () => number): RemoteKeySet {
  const { issuer, jwksUri, algorithms, allowHttpOnLoopback } = trusted;
  const fetchKeys = async (): Promise<KeySet> => {
    const url = jwksUri ?? (await discoverJwksUri(issuer, allowHttpOnLoopback));
    // An issuer's metadata is no more trusted than a configuration is: its keys come by https.
    if (!isSecureUrl(url, allowHttpOnLoopback)) throw new Error('its jwks_uri is not https');
    const keys = KeySet.read(await fetchJson(new URL(url)), algorithms);
    // Whoever has no keys has a fault: the last good ones go on.
    if (keys.isEmpty) throw new Error('it has no usable key');
    return keys;
  };
  const { keyRefreshSeconds, keyMaxAgeSeconds, keyCooldownSeconds } = tokens;
  return new RemoteKeySet(
    issuer,
    fetchKeys,
    {
      refreshSeconds: keyRefreshSeconds,
      maxAgeSeconds: keyMaxAgeSeconds,
      cooldownSeconds: keyCooldownSeconds,
    },
    now,
  );
}
