/** Somebody who may log in. */
export interface User {
  readonly username: string;
  readonly passwordHash: string;
  /** What the user's tokens may be used for. */
  readonly scopes: readonly string[];
}
