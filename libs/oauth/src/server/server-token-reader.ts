import { Injectable } from '@nestjs/common';
import { RevocationService } from '@portcullis/auth';
import { TokenVerifier } from '@portcullis/auth/internal';
import { ServerTokens } from './server-tokens.js';

/** A token of ours, by the names that the provider has for what is in it. */
export interface FoundToken {
  readonly jti: string;
  readonly clientId: string;
  readonly accountId?: string;
  readonly grantId?: string;
  readonly scope: string;
  readonly aud?: string;
  readonly iat: number;
  readonly exp: number;
  readonly jkt?: string;
  readonly 'x5t#S256'?: string;
}

/** Reads the access tokens that this app has issued, for the provider. */
@Injectable()
export class ServerTokenReader {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly revocations: RevocationService,
    private readonly tokens: ServerTokens,
  ) {}

  /**
   * @param forAnyResource whether it may be for another API than this one: to say what it is worth, and never to open anything
   * @returns undefined for whatever is no access token of this kind that would be accepted now
   */
  async find(value: unknown, kind: 'user' | 'app', forAnyResource: boolean): Promise<FoundToken | undefined> {
    if (typeof value !== 'string') return undefined;
    const audience = forAnyResource ? this.#otherResourceOf(jwtOf(value)) : undefined;
    try {
      const { identity, facts, expiresAt } = await (audience === undefined
        ? this.verifier.verify(jwtOf(value))
        : this.verifier.verifyFor(audience, jwtOf(value)));
      if (identity.kind !== kind) return undefined;
      const { tokenId, clientId, grantId, issuedAt } = facts;
      return {
        jti: tokenId,
        clientId,
        ...(kind === 'user' && { accountId: facts.subject }),
        ...(grantId !== undefined && { grantId }),
        scope: identity.scopes.join(' '),
        aud: audience ?? this.tokens.ownResource,
        iat: issuedAt,
        exp: expiresAt,
        ...identity.confirmation,
      };
    } catch {
      return undefined;
    }
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

  async revoke({ jti }: FoundToken): Promise<void> {
    await this.revocations.revokeToken(jti, { reason: 'revoked by its client' });
  }
}

/** A JWT under another spelling, which the provider takes for one of its own tokens; any other text as it is. */
export function hiddenJwt(token: string): string {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? token.replaceAll('.', '~') : token;
}

function jwtOf(value: string): string {
  return value.replaceAll('~', '.');
}
