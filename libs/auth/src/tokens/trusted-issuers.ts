import { Inject, Injectable } from '@nestjs/common';
import { createLocalJWKSet, createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import { KeyRing } from './key-ring.js';
import type { TrustedIssuerOptions } from './token.options.js';

/** Somebody whose tokens are accepted. */
export interface TrustedIssuer {
  /** The only algorithms its tokens may use, whatever their headers say. */
  readonly algorithms: string[];
  /** Finds the key for a token's header. */
  readonly keys: JWTVerifyGetKey;
}

/** The answer to a remote key set may take this long. */
const JWKS_TIMEOUT_MS = 3_000;
/** An unknown `kid` makes us ask again at most this often. */
const JWKS_COOLDOWN_MS = 30_000;
/** A retired key is refused after at most this long. */
const JWKS_MAX_AGE_MS = 600_000;

/** Everybody whose tokens are accepted, by `iss`. Remote keys are fetched when the first token needs them, not at boot. */
@Injectable()
export class TrustedIssuers {
  readonly #issuers = new Map<string, TrustedIssuer>();

  constructor(@Inject(PORTCULLIS_OPTIONS) { tokens }: ResolvedOptions, keyRing: KeyRing) {
    for (const trusted of tokens?.trustedIssuers ?? []) {
      this.#issuers.set(trusted.issuer, remoteIssuer(trusted));
    }
    if (tokens?.issuer !== undefined) {
      this.#issuers.set(tokens.issuer.url, ownIssuer(keyRing));
    }
  }

  find(issuer: string): TrustedIssuer | undefined {
    return this.#issuers.get(issuer);
  }
}

function remoteIssuer({ jwksUri, algorithms }: TrustedIssuerOptions): TrustedIssuer {
  const keys = createRemoteJWKSet(new URL(jwksUri), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
  });
  return { algorithms: [...algorithms], keys };
}

function ownIssuer(keyRing: KeyRing): TrustedIssuer {
  return {
    get algorithms() {
      return keyRing.published.keys.map(({ alg }) => alg ?? '');
    },
    keys: (header, token) => createLocalJWKSet(keyRing.published)(header, token),
  };
}
