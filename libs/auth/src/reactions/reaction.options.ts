import { IsBoolean } from 'class-validator';

/** What is done, besides reporting it, when a token is misused. */
export class ReactionOptions {
  /** Revoke a proven token that comes from a banned address. Off, because honest users share addresses. */
  @IsBoolean()
  readonly revokeTokenFromBannedAddress: boolean = false;

  /** Revoke everything that the user was issued when a revoked token is used. Off, because a forgotten tab does that too. */
  @IsBoolean()
  readonly revokeUserOnRevokedToken: boolean = false;

  /** Revoke a proven token when its signature comes again under an algorithm that its issuer doesn't use. */
  @IsBoolean()
  readonly revokeTokenOnAlgorithmAttack: boolean = true;
}
