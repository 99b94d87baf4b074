import type { AppIdentity, UserIdentity } from './identity.js';

/** What of a token a revocation can name. */
export interface TokenFacts {
  readonly issuer: string;
  readonly tokenId: string;
  /** `sid`, where the issuer has sessions. */
  readonly sessionId: string | undefined;
  /** `grant_id`: what the user has granted to the client, where an authorization server of ours has issued it. */
  readonly grantId?: string;
  readonly subject: string;
  readonly clientId: string;
  /** `iat`, in seconds since the epoch. */
  readonly issuedAt: number;
}

/** A token whose signature and claims were verified. Whether it is revoked is asked anew each time. */
export interface VerifiedToken {
  readonly identity: UserIdentity | AppIdentity;
  readonly facts: TokenFacts;
  /** `exp`, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The key that signed it. */
  readonly keyId: string;
}
