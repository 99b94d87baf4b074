import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { PortcullisError } from '../errors.js';
import { UserIdentity } from '../identity/identity.js';
import type { MaybePromise } from '../identity/maybe-promise.js';
import { PORTCULLIS_OPTIONS, type ResolvedOptions } from '../portcullis.options.js';
import type { TokenOptions } from './token.options.js';
import { type TrustedIssuer, TrustedIssuers } from './trusted-issuers.js';
import { VerifiedTokenCache } from './verified-token-cache.js';

/** RFC 9068 section 2.2, besides `iss` and `aud`, which are compared and not just demanded. */
const REQUIRED_CLAIMS = ['exp', 'iat', 'sub', 'client_id', 'jti'];

/** What an attacker chose is quoted in reasons at most this long. */
const QUOTED_LENGTH = 100;

/** Proves access tokens: JWTs after RFC 9068, signed by an issuer that is trusted. */
@Injectable()
export class TokenVerifier {
  readonly #tokens: TokenOptions | undefined;
  readonly #cache: VerifiedTokenCache;

  constructor(
    @Inject(PORTCULLIS_OPTIONS) private readonly options: ResolvedOptions,
    private readonly issuers: TrustedIssuers,
  ) {
    this.#tokens = options.tokens;
    this.#cache = new VerifiedTokenCache(options.tokens?.cacheSize ?? 1);
  }

  /**
   * Proves a token. One that was proven before is answered at once, without a promise. Revocations are
   * not looked at.
   *
   * @throws PortcullisError `invalid_token`; or `temporarily_unavailable` when the issuer's keys can't be had
   */
  identify(token: string): MaybePromise<UserIdentity> {
    return this.#cache.get(token, this.options.now()) ?? this.#verify(token);
  }

  async #verify(token: string): Promise<UserIdentity> {
    const tokens = this.#tokens;
    if (tokens === undefined) throw invalid('this app trusts no issuer');
    if (token.length > tokens.maxBytes) throw invalid(`longer than ${tokens.maxBytes} bytes`);

    const claimed = claimedIssuer(token);
    const issuer = this.issuers.find(claimed);
    if (issuer === undefined) throw invalid(`unknown issuer ${quote(claimed)}`);

    const identity = this.#identityOf(
      claimed,
      await this.#verifiedClaims(token, claimed, issuer, tokens),
      tokens,
    );
    this.#cache.set(token, identity);
    return identity;
  }

  async #verifiedClaims(
    token: string,
    iss: string,
    issuer: TrustedIssuer,
    tokens: TokenOptions,
  ): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, issuer.keys, {
        issuer: iss,
        audience: tokens.audience,
        algorithms: issuer.algorithms,
        typ: 'at+jwt',
        requiredClaims: REQUIRED_CLAIMS,
        clockTolerance: tokens.clockToleranceSeconds,
        currentDate: new Date(this.options.now()),
      });
      return payload;
    } catch (error) {
      throw translate(error, iss);
    }
  }

  #identityOf(issuer: string, claims: JWTPayload, tokens: TokenOptions): UserIdentity {
    const { sub, jti, client_id: clientId, iat = 0, exp = 0, scope = '' } = claims;
    if (!isText(sub) || !isText(jti) || !isText(clientId) || typeof scope !== 'string') {
      throw invalid('sub, jti, client_id or scope is not a text');
    }
    // Whole seconds, and our own issuer's tokens right after a revocation, need one second in any case.
    const ahead = Math.max(tokens.clockToleranceSeconds, 1);
    if (iat > this.options.now() / 1000 + ahead) throw invalid('issued in the future');
    if (exp - iat > tokens.maxLifetimeSeconds)
      throw invalid(`lives longer than ${tokens.maxLifetimeSeconds} s`);
    return new UserIdentity({
      issuer,
      subject: sub,
      clientId,
      tokenId: jti,
      issuedAt: iat,
      expiresAt: exp,
      scopes: scope.split(' ').filter((entry) => entry !== ''),
      claims,
    });
  }
}

/** The issuer that the token names; nothing is believed of it but which keys to try. */
function claimedIssuer(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    if (isText(iss)) return iss;
  } catch {
    throw invalid('not a JWT');
  }
  throw invalid('names no issuer');
}

/** Whether the token is bad or its keys could not be had: the second is nobody's offence. */
function translate(error: unknown, issuer: string): PortcullisError {
  const isTokenError =
    error instanceof errors.JOSEError &&
    error.code !== errors.JOSEError.code &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid);
  if (isTokenError) return invalid(`${error.code}: ${error.message}`);
  return new PortcullisError('temporarily_unavailable', `no keys from ${issuer}: ${error}`, {
    retryAfterSeconds: 5,
    cause: error,
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_LENGTH));
}

function invalid(reason: string): PortcullisError {
  return new PortcullisError('invalid_token', reason, { challenge: ['token'] });
}
