/** Somebody who may log in. */
export interface User {
  readonly username: string;
  /** Undefined for somebody who logs in elsewhere. */
  readonly passwordHash: string | undefined;
  /** What the user's tokens may be used for. */
  readonly scopes: readonly string[];
}
