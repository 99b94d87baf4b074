import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { chain, type MaybePromise } from '../async/maybe-promise.js';
import { INVALID_TOKEN } from '../credentials/credential-refusals.js';
import { PortcullisError } from '../errors.js';
import { AppIdentity, UserIdentity } from '../identity/identity.js';
import { identityNameOf } from '../identity/identity-name.js';
import type { TokenFacts, VerifiedToken } from '../identity/verified-token.js';
import { MisuseReactions } from '../reactions/misuse-reactions.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { type AcceptedClaims, checkClaims, EXPIRED, scopesOf } from './claims.js';
import { type CompactJws, MalformedTokenError, parseCompactJws } from './compact-jws.js';
import type { TokenOptions } from './token.options.js';
import { TOKEN_SETTINGS, type TokenSettings } from './token-settings.js';
import { type TrustedIssuer, TrustedIssuers } from './trusted-issuers.js';
import { loginIn } from './trusted-login.js';
import type { TokenAlgorithm, VerificationKey } from './verification-key.js';
import { VerifiedTokenCache } from './verified-token-cache.js';

/** What an attacker chose is quoted in reasons at most this long. */
const QUOTED_LENGTH = 100;

/** Proves access tokens: JWTs of trusted issuers, not revoked. */
@Injectable()
export class TokenVerifier {
  readonly #tokens: TokenOptions | undefined;
  readonly #cache: VerifiedTokenCache;

  constructor(
    @Inject(TOKEN_SETTINGS) private readonly options: TokenSettings,
    private readonly issuers: TrustedIssuers,
    private readonly revocations: RevocationService,
    private readonly misuse: MisuseReactions,
  ) {
    this.#tokens = options.tokens;
    const { cacheSize = 1, clockToleranceSeconds = 0 } = options.tokens ?? {};
    this.#cache = new VerifiedTokenCache(cacheSize, clockToleranceSeconds);
  }

  /**
   * Proves a token. One that was proven before, by a key that is still in use, is answered at once, without a promise; only
   * whether it has been revoked since is asked again.
   *
   * @throws PortcullisError `invalid_token`; or `temporarily_unavailable` when the issuer's keys can't be had
   */
  verify(token: string): MaybePromise<VerifiedToken> {
    const known = this.recall(token);
    if (known === undefined) return this.#verifyAnew(token);
    if (!this.revocations.isRevoked(known.facts)) return known;
    this.misuse.report('revoked-token', known);
    throw revoked(known.facts, known);
  }

  /** A token that was proven before and would be again, without any work. Whether it is revoked is not asked. */
  recall(token: string): VerifiedToken | undefined {
    const known = this.#cache.get(token, this.options.now());
    if (known === undefined || this.#hasKeyOf(known)) return known;
    this.#cache.drop(token);
    return undefined;
  }

  /** Whether a token that was proven before would be again. */
  stillProves(known: VerifiedToken): boolean {
    return (
      !this.#cache.isOver(known, this.options.now()) &&
      this.#hasKeyOf(known) &&
      !this.revocations.isRevoked(known.facts)
    );
  }

  /**
   * Proves a token that was made for another API, for whoever is that API. It opens nothing here, and so nothing of it is remembered.
   *
   * @throws PortcullisError as {@link verify}
   */
  verifyFor(audience: string, token: string): MaybePromise<VerifiedToken> {
    return this.#verifyAnew(token, audience);
  }

  /** Whether it was proven by a key that is still in use. */
  #hasKeyOf({ facts, keyId }: VerifiedToken): boolean {
    return this.issuers.find(facts.issuer)?.keys.has(keyId) === true;
  }

  /** What costs nothing comes first: a token that could not be accepted anyway never causes a fetch, or a signature's check. */
  #verifyAnew(token: string, audience?: string): MaybePromise<VerifiedToken> {
    const tokens = this.#tokens;
    if (tokens === undefined) throw invalid('this app trusts no issuer');
    if (token.length > tokens.maxBytes) throw invalid(`longer than ${tokens.maxBytes} bytes`);
    const jws = parse(token);
    const issuer = { ...this.#issuerOf(jws), ...(audience !== undefined && { audience }) };
    const algorithm = this.#algorithmOf(jws, issuer, token);
    const accepted = checkClaims(jws, issuer, tokens, this.options.now());
    if (accepted === EXPIRED) throw expired(this.#cache.findExpired(token));
    if (typeof accepted === 'string') throw invalid(accepted);
    const facts = factsOf(accepted, issuer, jws);
    if (this.revocations.isRevoked(facts)) throw revoked(facts);

    return chain(issuer.keys.find(algorithm, jws.header.kid), (keys) => {
      const key = keys.find((candidate) => candidate.verify(jws.signingInput, jws.signature));
      if (keys.length === 0) throw invalid('no such key', 'unknown_kid');
      if (key === undefined) throw invalid('the signature is wrong');
      // Keys may have taken a while to come.
      if (this.options.now() / 1000 >= accepted.expiresAt + tokens.clockToleranceSeconds) throw expired();
      if (this.revocations.isRevoked(facts)) throw revoked(facts);
      const verified = this.#verified(accepted, issuer, facts, key);
      if (audience === undefined) this.#cache.set(token, verified);
      return verified;
    });
  }

  #issuerOf({ claims: { iss } }: CompactJws): TrustedIssuer {
    const issuer = typeof iss === 'string' ? this.issuers.find(iss) : undefined;
    if (issuer === undefined) throw invalid(`unknown issuer ${quote(iss)}`);
    return issuer;
  }

  /** The issuer says which algorithms there are; a header can only name one of them. */
  #algorithmOf(
    { header: { alg } }: CompactJws,
    { algorithms, name }: TrustedIssuer,
    token: string,
  ): TokenAlgorithm {
    const algorithm = algorithms.find((candidate) => candidate === alg);
    if (algorithm !== undefined) return algorithm;
    const attacked = this.#cache.findBySignature(token);
    if (attacked !== undefined) this.misuse.report('algorithm-attack', attacked);
    const isAttack = attacked !== undefined || isConfusion(alg);
    throw invalid(`${name} does not sign with ${quote(alg)}`, isAttack ? 'algorithm_attack' : undefined);
  }

  #verified(
    { claims, isClient, issuedAt, expiresAt, confirmation }: AcceptedClaims,
    { name: issuer, profile, login: trusted }: TrustedIssuer,
    facts: TokenFacts,
    { id: keyId }: VerificationKey,
  ): VerifiedToken {
    const scopes = scopesOf(claims, profile);
    if (scopes === undefined) throw invalid('the scopes could not be read from the claims');
    const { clientId, tokenId } = facts;
    const more = { ...tenantIn(claims, this.options.tenantClaim), ...(confirmation && { confirmation }) };
    const latest = issuedAt + (this.#tokens?.clockToleranceSeconds ?? 0);
    const login = isClient ? undefined : loginIn(claims, trusted, latest);
    const identity = isClient
      ? new AppIdentity({ appId: clientId, name: clientId, issuer, tokenId, scopes, ...more })
      : new UserIdentity({ ...facts, expiresAt, scopes, claims, ...more, ...(login && { login }) });
    return Object.freeze({ identity, facts, expiresAt, keyId });
  }
}

function parse(token: string): CompactJws {
  try {
    return parseCompactJws(token);
  } catch (error) {
    if (error instanceof MalformedTokenError) throw invalid(error.message);
    throw error;
  }
}

function factsOf(
  { subject, clientId, tokenId, sessionId, grantId, issuedAt }: AcceptedClaims,
  { name: issuer }: TrustedIssuer,
  { signingInput }: CompactJws,
): TokenFacts {
  // The signed text has one spelling, so its digest names the token as well as a `jti` would.
  const id = tokenId ?? `sha256:${createHash('sha256').update(signingInput).digest('base64url')}`;
  const granted = grantId === undefined ? {} : { grantId };
  return Object.freeze({ issuer, tokenId: id, sessionId, ...granted, subject, clientId, issuedAt });
}

function tenantIn(claims: AcceptedClaims['claims'], name: string | undefined): { tenant?: string } {
  const tenant = name === undefined ? undefined : claims[name];
  return typeof tenant === 'string' ? { tenant } : {};
}

function quote(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.slice(0, QUOTED_LENGTH) : typeof value);
}

/** No signature at all, or a public key taken for a shared secret (RFC 8725 section 2.1): nobody signs so by mistake. */
function isConfusion(alg: unknown): boolean {
  return typeof alg === 'string' && /^(?:none|HS\d+)$/i.test(alg);
}

/** @param known the token, where it was verified before */
function expired(known?: VerifiedToken): PortcullisError {
  return invalid(EXPIRED, 'expired_token', known);
}

function revoked({ tokenId }: TokenFacts, known?: VerifiedToken): PortcullisError {
  return invalid(`token ${quote(tokenId)} is revoked`, 'revoked_token', known);
}

function invalid(reason: string, strikeEvent?: string, known?: VerifiedToken): PortcullisError {
  return new PortcullisError(INVALID_TOKEN, reason, {
    ...(strikeEvent && { strikeEvent }),
    ...(known && { caller: () => identityNameOf(known.identity) }),
  });
}
