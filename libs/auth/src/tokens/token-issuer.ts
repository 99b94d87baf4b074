import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose/jwt/sign';
import { PortcullisError, TEMPORARILY_UNAVAILABLE } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { type Confirmation, confirmationIn } from '../identity/confirmation.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { isGrantableScope } from '../scopes.js';
import { foreignTo, ISSUER_PROFILES } from './issuer-profile.js';
import { KeyRing } from './key-ring.js';
import type { OwnIssuerOptions } from './token.options.js';
import { TOKEN_ISSUED } from './token-events.js';
import { TOKEN_SETTINGS, type TokenSettings } from './token-settings.js';

/** How a user has logged in (OpenID Connect Core section 2, RFC 8176, RFC 9470). */
export interface Authentication {
  /** `auth_time`: when, in seconds since the epoch. By default when the token is issued. */
  readonly time?: number;
  /** `amr`: by what. By default nothing is said. */
  readonly methods?: readonly string[];
  /** `acr`: how strong that is, by a name of the app's own. */
  readonly context?: string;
}

export interface NewToken {
  /** `sub`: the user. */
  readonly subject: string;
  /** `sid`: the session that the token belongs to, to revoke it by. */
  readonly sessionId?: string;
  /** `client_id`: the client that the token is for (RFC 9068 section 2.2). */
  readonly clientId: string;
  /** `auth_time`, `amr` and `acr`: how the user has logged in, where that is known. */
  readonly authentication?: Authentication;
  /**
   * `grant_id`: what the user has granted to the client, to revoke it by like a session. A token that has it is for what its scopes say, and
   * opens none of the user's own routes: sessions, factors, personal tokens.
   */
  readonly grantId?: string;
  /** `aud`: the API that the token is for. By default `tokens.audience`, which is this one. */
  readonly audience?: string;
  /** What the token may be used for. None by default. */
  readonly scopes?: readonly string[];
  /** Further claims. They can't replace those that the issuer writes. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /**
   * `cnf`: what whoever sends the token has to prove to hold (RFC 7800), as `Bindings` read it from the login. None by default: then
   * whoever has the token is the user.
   */
  readonly confirmation?: Confirmation;
  /** How long the token works, in seconds. By default `tokens.issuer.lifetimeSeconds`. */
  readonly lifetimeSeconds?: number;
  /** When it ends in any case, in seconds since the epoch. */
  readonly notAfter?: number;
}

/** A token for a client that acts for itself. */
export type NewClientToken = Pick<
  NewToken,
  'clientId' | 'audience' | 'scopes' | 'claims' | 'confirmation' | 'lifetimeSeconds'
>;

export interface IssuedToken {
  /** The token itself: whoever has it is the user, unless it is bound. */
  readonly accessToken: string;
  /** `jti`, to revoke it by. */
  readonly tokenId: string;
  /** How long it works from now, in seconds. */
  readonly expiresInSeconds: number;
}

/** What is demanded of them (step-up, revoked sessions) must not be what just anybody had at hand. */
const OWN_CLAIMS = ['sid', 'grant_id', 'auth_time', 'amr', 'acr'];

/** Issues access tokens of this app's own (RFC 9068). */
@Injectable()
export class TokenIssuer {
  constructor(
    @Inject(TOKEN_SETTINGS) private readonly options: TokenSettings,
    private readonly keyRing: KeyRing,
    private readonly revocations: RevocationService,
    private readonly events: SecurityEvents,
  ) {}

  /** Whether it issues tokens only that are bound to a key or a certificate. */
  get demandsBinding(): boolean {
    return this.options.tokens?.issuer?.binding === 'demand';
  }

  /**
   * `iss` of the tokens: the issuer of this app's own users.
   *
   * @throws Error when `tokens.issuer` is not configured
   */
  get url(): string {
    const url = this.options.tokens?.issuer?.url;
    if (url === undefined) throw notConfigured();
    return url;
  }

  /**
   * @throws TypeError when the user, the client, the session or the grant is no text, a scope can't be granted, a claim has a parameter of its own, the token would pass for another kind or be bound to nothing that can be proven, or the lifetime is no number of seconds within `tokens.maxLifetimeSeconds`
   * @throws Error when `tokens.issuer` is not configured, or its keys can't be read
   * @throws PortcullisError `temporarily_unavailable` when there is no key, or a revocation of the user or the client is not over in time, or `notAfter` has passed
   */
  async issue(token: NewToken): Promise<IssuedToken> {
    if (token.subject === token.clientId)
      throw new TypeError('a user named like the client would pass for the client itself');
    return this.#issue(token);
  }

  /**
   * Issues a token to a client that acts for itself: its `sub` is its `client_id`, and no user's (RFC 9068 section 2.2).
   *
   * @throws as {@link issue} does
   */
  issueToClient(token: NewClientToken): Promise<IssuedToken> {
    return this.#issue({ ...token, subject: token.clientId });
  }

  async #issue({
    subject,
    clientId,
    sessionId,
    grantId,
    audience,
    authentication,
    scopes = [],
    claims = {},
    confirmation,
    lifetimeSeconds,
    notAfter = Number.POSITIVE_INFINITY,
  }: NewToken): Promise<IssuedToken> {
    const { tokens } = this.options;
    if (tokens?.issuer === undefined) throw notConfigured();
    refuseUnreadable({ subject, clientId, sessionId, grantId });
    await this.keyRing.ready();
    const key = this.keyRing.signingKey;
    if (key === undefined) throw noKey();
    const ungrantable = scopes.find((scope) => !isGrantableScope(scope));
    if (ungrantable !== undefined) throw new TypeError(`${JSON.stringify(ungrantable)} is not a scope`);
    const foreign = foreignTo(ISSUER_PROFILES.rfc9068, { ...claims, iss: tokens.issuer.url, sub: subject });
    if (foreign !== undefined) throw new TypeError(`a token that ${foreign}, would be refused`);
    refuseUnsoundBinding(claims, confirmation, tokens.issuer);
    const own = OWN_CLAIMS.find((name) => name in claims);
    if (own !== undefined) throw new TypeError(`${own} is no free claim: it says how the user has logged in`);
    const longest = lifetimeSeconds ?? tokens.issuer.lifetimeSeconds;
    if (!(longest > 0 && longest <= tokens.maxLifetimeSeconds)) {
      throw new TypeError('lifetimeSeconds must be positive and at most tokens.maxLifetimeSeconds');
    }

    const issuer = tokens.issuer.url;
    const tokenId = randomUUID();
    const issuedAt = await this.revocations.issueTime(issuer, subject, clientId);
    const lifetime = Math.min(longest, notAfter - issuedAt);
    if (!(lifetime > 0)) throw endedMeanwhile();
    const accessToken = await new SignJWT({
      ...claims,
      client_id: clientId,
      // There is no such thing as an empty list of scopes (RFC 6749 section 3.3).
      scope: scopes.length === 0 ? undefined : scopes.join(' '),
      ...(sessionId !== undefined && { sid: sessionId }),
      ...(grantId !== undefined && { grant_id: grantId }),
      ...(confirmation && { cnf: confirmation }),
      ...(authentication && claimsOf(authentication, issuedAt)),
    })
      .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience ?? tokens.audience)
      .setSubject(subject)
      .setJti(tokenId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetime)
      .sign(key.privateKey);
    this.events.emit(TOKEN_ISSUED, { subject, tokenId });
    return { accessToken, tokenId, expiresInSeconds: lifetime };
  }
}

/** @throws TypeError where our own verifier could not read whose token it is */
function refuseUnreadable(names: Record<'subject' | 'clientId', unknown> & Record<string, unknown>): void {
  for (const [name, text] of Object.entries(names)) {
    const isOptional = name !== 'subject' && name !== 'clientId';
    if (!(isOptional && text === undefined) && (typeof text !== 'string' || text === ''))
      throw new TypeError(`a token whose ${name} is missing or no text would be refused`);
  }
}

/** @throws TypeError where nobody could use the token, or more than the holder of the key */
function refuseUnsoundBinding(
  claims: Readonly<Record<string, unknown>>,
  confirmation: Confirmation | undefined,
  { binding }: OwnIssuerOptions,
): void {
  if (claims.cnf !== undefined)
    throw new TypeError('a token that has cnf among its claims would be refused: name it as confirmation');
  if (confirmation === undefined) {
    if (binding === 'demand') throw new TypeError("tokens.issuer.binding is 'demand': name a confirmation");
  } else if (confirmationIn(confirmation) === undefined)
    throw new TypeError('confirmation must be { jkt } or { x5t#S256 }, a SHA-256 thumbprint in base64url');
}

function claimsOf(
  { time, methods = [], context }: Authentication,
  issuedAt: number,
): Record<string, unknown> {
  return {
    auth_time: time ?? issuedAt,
    ...(methods.length > 0 && { amr: methods }),
    ...(context !== undefined && { acr: context }),
  };
}

/** The last ones were replaced, and the new one can't be read yet. */
function noKey(): PortcullisError {
  const reason = 'there is no key to sign tokens with';
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1 });
}

/** Whoever asks again gets a token of what holds by then. */
function endedMeanwhile(): PortcullisError {
  const reason = 'what the token was to say ended before it was issued';
  return new PortcullisError(TEMPORARILY_UNAVAILABLE, reason, { retryAfterSeconds: 1 });
}

function notConfigured(): Error {
  return new Error('This app issues no tokens: set the option "tokens.issuer"');
}
