import { Injectable } from '@nestjs/common';
import { PortcullisError, RevocationService } from '@portcullis/auth';
import { TokenVerifier, type VerifiedToken } from '@portcullis/auth/internal';
import type { FoundToken, SentToken } from './sent-token.js';
import { ServerTokens } from './server-tokens.js';

/** What of a login introspection says (RFC 9470 section 6.2), and who acts (RFC 8693 section 4.1). */
const SHOWN_CLAIMS = ['acr', 'auth_time', 'act'] as const;

/** Reads the access tokens that this app has issued, for the provider. */
@Injectable()
export class ServerTokenReader {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: RevocationService,
    private readonly tokens: ServerTokens,
  ) {}

  /** An access token of a user that this API would accept now. */
  async find(jwt: unknown): Promise<FoundToken | undefined> {
    if (typeof jwt !== 'string') return undefined;
    const sent = await this.#read(() => this.verifier.verify(jwt), this.tokens.ownResource);
    return typeof sent === 'object' && sent.model === 'AccessToken' ? sent : undefined;
  }

  /** An access token that this API, or one of the others that there are tokens for, would accept now: that it opens nothing here is known. */
  lookUp(jwt: string): Promise<SentToken> {
    const audience = this.#otherResourceOf(jwt);
    return this.#read(
      () => (audience === undefined ? this.verifier.verify(jwt) : this.verifier.verifyFor(audience, jwt)),
      audience ?? this.tokens.ownResource,
    );
  }

  /** @throws PortcullisError `temporarily_unavailable` */
  async #read(verify: () => VerifiedToken | Promise<VerifiedToken>, audience: string): Promise<SentToken> {
    try {
      return this.#found(await verify(), audience);
    } catch (error) {
      if (!(error instanceof PortcullisError) || error.getStatus() >= 500) throw error;
      return error.strikeEvent === 'invalid_token' ? 'forged' : undefined;
    }
  }

  #found({ identity, facts, expiresAt }: VerifiedToken, aud: string): FoundToken | undefined {
    const { tokenId: jti, clientId, subject, grantId, issuedAt: iat } = facts;
    // Of tokens that others have issued there is nothing to be said here: their clients are not ours.
    if (facts.issuer !== this.tokens.issuerUrl) return undefined;
    const claims = identity.kind === 'user' ? identity.claims : {};
    return {
      model: identity.kind === 'user' ? 'AccessToken' : 'ClientCredentials',
      ...{ jti, clientId, aud, iat, exp: expiresAt },
      ...(identity.kind === 'user' && { accountId: subject }),
      ...(grantId !== undefined && { grantId }),
      scope: identity.scopes.join(' '),
      ...identity.confirmation,
      extra: Object.fromEntries(
        SHOWN_CLAIMS.filter((name) => claims[name] !== undefined).map((name) => [name, claims[name]]),
      ),
      isOfTheApp: false,
      revoke: (who) => this.revocations.revokeToken(jti, { ...who, reason: 'revoked by its client' }),
    };
  }

  /** For which of the other APIs a token says it is. */
  #otherResourceOf(jwt: string): string | undefined {
    try {
      const { aud } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) ?? {};
      return this.tokens.otherResources.find((resource) => [aud].flat().includes(resource));
    } catch {
      return undefined;
    }
  }
}
