import { Injectable, Module } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import {
  type DirectoryUser,
  type FrameworkRequest,
  type PasswordHasher,
  PasswordVerifier,
  type UserDirectory,
} from '@portcullis/auth';

/** Argon2id at its lowest cost: tests hash a lot. */
export const QUICK_HASHER: PasswordHasher = {
  hash: (password) => hash(password, { memoryCost: 8, timeCost: 1, parallelism: 1 }),
  verify: (passwordHash, password) => verify(passwordHash, password),
};

export const PASSWORD = 'correct horse';

interface Account extends DirectoryUser {
  readonly passwordHash: string;
}

/** The users of an app, by names that are their subjects. */
@Injectable()
export class Users implements UserDirectory {
  readonly accounts = new Map<string, Account>();
  /** Whether whoever keeps them can't be reached. */
  isAway = false;

  constructor(private readonly passwords: PasswordVerifier) {}

  async add(subject: string, details: Partial<DirectoryUser> = {}): Promise<void> {
    const passwordHash = await this.passwords.hash(PASSWORD);
    this.accounts.set(subject, { subject, scopes: ['parcels:*'], ...details, passwordHash });
  }

  async verifyPassword(name: string, password: string, request: FrameworkRequest) {
    const account = await this.find(name);
    return (await this.passwords.verify(password, account?.passwordHash, request)) ? account : undefined;
  }

  async find(subject: string): Promise<Account | undefined> {
    if (this.isAway) throw new Error('the users are away');
    return this.accounts.get(subject);
  }
}

@Module({ providers: [Users], exports: [Users] })
export class UsersModule {}
