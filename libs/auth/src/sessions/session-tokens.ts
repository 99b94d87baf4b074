import { Inject, Injectable } from '@nestjs/common';
import { BINDING_REQUIRED } from '../binding/binding-refusals.js';
import { PortcullisError } from '../errors.js';
import { scopesWithin } from '../scopes.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { RefreshTokenCodec, type RefreshTokenParts } from './refresh-token-codec.js';
import type { SessionRecord } from './session.store.js';
import { levelOf } from './session-level.js';
import { SESSION_SETTINGS, type SessionSettings } from './session-settings.js';
import type { DirectoryUser } from './user-directory.js';

/** What somebody gets who logs in or refreshes. */
export interface SessionTokens {
  readonly sessionId: string;
  readonly accessToken: string;
  /** How it is sent: with proofs of the key that it is bound to (RFC 9449), or as it is. */
  readonly tokenType: 'Bearer' | 'DPoP';
  /** How long the access token works from now, in seconds. */
  readonly expiresInSeconds: number;
  /** Whoever has it gets access tokens until the session ends. */
  readonly refreshToken: string;
  /** How long the refresh token works from now unless it is used, in seconds. */
  readonly refreshExpiresInSeconds: number;
}

type IssuedAccess = Pick<SessionTokens, 'accessToken' | 'tokenType' | 'expiresInSeconds'>;

/** Issues the tokens of sessions. */
@Injectable()
export class SessionTokenIssuer {
  constructor(
    @Inject(SESSION_SETTINGS) private readonly settings: SessionSettings,
    private readonly issuer: TokenIssuer,
    private readonly codec: RefreshTokenCodec,
  ) {}

  /** `iss` of the tokens. @throws Error when `tokens.issuer` is not configured */
  get url(): string {
    return this.issuer.url;
  }

  /**
   * For the level that the session has now, and for no longer than that holds, or the session goes on.
   *
   * @param lifetimeSeconds of the token at most; by default `tokens.issuer.lifetimeSeconds`
   */
  async accessToken(
    session: SessionRecord,
    user: DirectoryUser,
    lifetimeSeconds?: number,
  ): Promise<IssuedAccess> {
    const { id, subject, clientId, scopes, binding } = session;
    const { raisedSeconds } = this.settings.sessions;
    const now = this.settings.now();
    const { authTime, amr, acr, endsAt = session.idleExpiresAt } = levelOf(session, now, raisedSeconds);
    const goesOnUntil = Math.min(endsAt, session.idleExpiresAt);
    if (binding === null && this.issuer.demandsBinding)
      throw new PortcullisError(BINDING_REQUIRED, 'the login came without a proof of a key', { status: 400 });
    const { accessToken, expiresInSeconds } = await this.issuer.issue({
      subject,
      clientId,
      sessionId: id,
      authentication: {
        time: secondsOf(authTime),
        methods: amr,
        ...(acr !== null && { context: acr }),
      },
      // Never more than at login, and no more than the user may do now.
      scopes: scopesWithin(scopes, user.scopes),
      ...(user.claims && { claims: user.claims }),
      ...(binding !== null && { confirmation: binding }),
      ...(lifetimeSeconds !== undefined && { lifetimeSeconds }),
      // A second is the least that a token can say.
      notAfter: Math.max(secondsOf(goesOnUntil), secondsOf(now) + 1),
    });
    return {
      accessToken,
      tokenType: binding !== null && 'jkt' in binding ? 'DPoP' : 'Bearer',
      expiresInSeconds,
    };
  }

  /** @param refresh what the refresh token says */
  withRefreshToken(access: IssuedAccess, session: SessionRecord, refresh: RefreshTokenParts): SessionTokens {
    const restMs = session.idleExpiresAt - this.settings.now();
    return {
      ...access,
      sessionId: session.id,
      refreshToken: this.codec.write(refresh),
      refreshExpiresInSeconds: Math.max(Math.floor(restMs / 1000), 0),
    };
  }
}

function secondsOf(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
