import { hash, type Options, verify } from '@node-rs/argon2';
import type { PasswordHasher } from '@portcullis/auth';

/** The package's default algorithm, at the cost that OWASP's Password Storage Cheat Sheet asks for at least. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export const ARGON2ID: PasswordHasher = {
  hash: (password) => hash(password, OPTIONS),
  verify: (passwordHash, password) => verify(passwordHash, password),
};
