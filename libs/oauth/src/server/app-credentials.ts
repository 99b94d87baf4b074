import { Injectable } from '@nestjs/common';
import { ApiKeyService, PortcullisError, RevocationService, SessionService } from '@portcullis/auth';
import { ApiKeyVerifier, RefreshTokenCodec, SessionRefreshing } from '@portcullis/auth/internal';
import type { SentToken } from './sent-token.js';
import { ServerTokens } from './server-tokens.js';

const REVOKED = 'revoked at the authorization server';

/** Reads what else the app gives out, which no client of the server has asked for: API keys, personal tokens, refresh tokens of logins. */
@Injectable()
export class AppCredentials {
  constructor(
    private readonly verifier: ApiKeyVerifier,
    private readonly keys: ApiKeyService,
    private readonly codec: RefreshTokenCodec,
    private readonly refreshing: SessionRefreshing,
    private readonly sessions: SessionService,
    private readonly revocations: RevocationService,
    private readonly tokens: ServerTokens,
  ) {}

  /** Whether a text looks like one of them. */
  recognises(text: string): boolean {
    return this.codec.recognises(text) || this.verifier.format.recognises(text);
  }

  /** @throws PortcullisError `temporarily_unavailable` */
  lookUp(text: string): Promise<SentToken> {
    return this.codec.recognises(text) ? this.#session(text) : this.#key(text);
  }

  async #session(text: string): Promise<SentToken> {
    if (this.codec.read(text) === undefined) return 'forged';
    const session = await this.refreshing.recognise(text);
    if (session === undefined || session.issuer !== this.tokens.issuerUrl) return undefined;
    const { id, clientId, subject, createdAt, expiresAt, idleExpiresAt, binding, scopes } = session;
    return {
      model: 'RefreshToken',
      ...{ clientId, accountId: subject, sid: id, iat: seconds(createdAt) },
      exp: seconds(Math.min(expiresAt, idleExpiresAt)),
      ...(scopes != null && { scope: scopes.join(' ') }),
      ...binding,
      isOfTheApp: true,
      revoke: (who) => this.sessions.end(id, { ...who, reason: REVOKED }),
    };
  }

  async #key(text: string): Promise<SentToken> {
    const proven = await this.#proven(text);
    if (typeof proven !== 'object') return proven;
    const { keyId, identity } = proven;
    const info = await this.keys.find(keyId);
    if (info === undefined) return undefined;
    if (identity.kind === 'user' && this.revocations.isUserRevoked(identity)) return undefined;
    return {
      model: identity.kind === 'user' ? 'AccessToken' : 'ClientCredentials',
      jti: keyId,
      ...(identity.kind === 'user' ? { accountId: identity.subject } : { clientId: identity.appId }),
      scope: identity.scopes.join(' '),
      aud: this.tokens.ownResource,
      iat: seconds(info.createdAt),
      ...(info.expiresAt !== null && { exp: seconds(info.expiresAt) }),
      ...identity.confirmation,
      isOfTheApp: true,
      revoke: (who) => this.keys.revoke(keyId, { ...who, reason: REVOKED }),
    };
  }

  async #proven(text: string) {
    try {
      return await this.verifier.verify(text);
    } catch (error) {
      if (!(error instanceof PortcullisError) || error.getStatus() >= 500) throw error;
      return error.strikeEvent === 'bad_key' ? ('forged' as const) : undefined;
    }
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
