import { Injectable } from '@nestjs/common';
import { RevocationService, type UserIdentity } from '@portcullis/auth';
import { TokenVerifier } from '@portcullis/auth/internal';

/** A token of ours, by the names that the provider has for what is in it. */
export interface FoundToken {
  readonly jti: string;
  readonly clientId: string;
  readonly accountId?: string;
  readonly grantId?: string;
  readonly scope: string;
  readonly aud: string;
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
  ) {}

  /** @returns undefined for whatever is no access token of this kind that would be accepted now */
  async find(value: unknown, kind: 'user' | 'app'): Promise<FoundToken | undefined> {
    if (typeof value !== 'string') return undefined;
    try {
      const { identity, facts, expiresAt } = await this.verifier.verify(jwtOf(value));
      if (identity.kind !== kind) return undefined;
      const { tokenId, clientId, grantId, issuedAt } = facts;
      const { aud } = (identity as UserIdentity).claims ?? {};
      return {
        jti: tokenId,
        clientId,
        ...(kind === 'user' && { accountId: facts.subject }),
        ...(grantId !== undefined && { grantId }),
        scope: identity.scopes.join(' '),
        aud: String(aud),
        iat: issuedAt,
        exp: expiresAt,
        ...identity.confirmation,
      };
    } catch {
      return undefined;
    }
  }

  async revoke({ jti }: FoundToken): Promise<void> {
    await this.revocations.revokeToken(jti, { reason: 'revoked by its client' });
  }
}

/** The provider refuses to look at JWTs; it is handed them under another spelling. */
function jwtOf(value: string): string {
  return value.replaceAll('~', '.');
}
