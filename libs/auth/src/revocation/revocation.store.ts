/** A decision to refuse tokens that would still verify. */
export type Revocation =
  | (RevocationFacts & {
      /** One token, by its `jti`. */
      readonly type: 'token';
      readonly tokenId: string;
    })
  | (RevocationFacts & {
      /** Everything that a user was issued so far. */
      readonly type: 'user';
      readonly subject: string;
      /** Tokens with `iat` at or before this are refused; seconds since the epoch, as `iat` is. */
      readonly issuedUntil: number;
    });

interface RevocationFacts {
  readonly id: string;
  /** `iss` of the tokens: `jti` and `sub` mean something only together with it. */
  readonly issuer: string;
  /** Why, for the operator. */
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly revokedAt: number;
  /** When the last token that it could match has expired; milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Where revocations are kept. They are answered from memory on a request, so the store is read at boot and
 * written when something changes; when it is down, changes fail and existing revocations go on.
 */
export interface RevocationStore {
  /** Keeps a revocation. It is durable when the promise resolves. */
  save(revocation: Revocation): Promise<void>;
  /** Every revocation with `expiresAt` after the given time (milliseconds since the epoch). */
  findActive(now: number): Promise<readonly Revocation[]>;
  /** Forgets revocations with `expiresAt` at or before the given time (milliseconds since the epoch). */
  forgetExpiredBefore(time: number): Promise<void>;
}
