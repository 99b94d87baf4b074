import { Injectable } from '@nestjs/common';
import {
  type DirectoryUser,
  type FrameworkRequest,
  PasswordVerifier,
  type UpstreamProfile,
  type UserDirectory,
} from '@portcullis/auth';
import type { User } from '../users/user.js';
import { UsersService } from '../users/users.service.js';

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

/** Users and their passwords, as those who log in. */
@Injectable()
export class AccountsService implements UserDirectory {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: PasswordVerifier,
  ) {}

  async register({ username, password, scopes }: NewUser): Promise<void> {
    this.users.add({ username, scopes, passwordHash: await this.passwords.hash(password) });
  }

  /** Undefined for an unknown user and for a wrong password alike. */
  async verifyPassword(
    username: string,
    password: string,
    request: FrameworkRequest,
  ): Promise<DirectoryUser | undefined> {
    const user = this.users.find(username);
    return (await this.passwords.verify(password, user?.passwordHash, request)) ? asSubject(user) : undefined;
  }

  /** What people of another app may do here, who have no password of ours. Its name is none that anybody is given. */
  async createFor({ provider, sub }: UpstreamProfile): Promise<DirectoryUser | undefined> {
    const username = `${provider}:${sub}`;
    if (this.users.find(username) === undefined)
      this.users.add({ username, passwordHash: undefined, scopes: ['parcels:read'] });
    return this.find(username);
  }

  async hasPassword(subject: string): Promise<boolean> {
    return this.users.find(subject)?.passwordHash !== undefined;
  }

  async find(subject: string): Promise<DirectoryUser | undefined> {
    return asSubject(this.users.find(subject));
  }
}

function asSubject(user: User | undefined): DirectoryUser | undefined {
  return user && { subject: user.username, scopes: user.scopes };
}
