/** How an app hashes passwords. Both take their time, off the event loop. */
export interface PasswordHasher {
  /** A hash with its salt and its parameters in one text. */
  hash(password: string): Promise<string>;
  /** Whether a password is the one that was hashed. */
  verify(passwordHash: string, password: string): Promise<boolean>;
}
