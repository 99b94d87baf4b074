import { Injectable } from '@nestjs/common';
import { type FrameworkRequest, PasswordVerifier } from '@portcullis/auth';
import type { User } from '../users/user.js';
import { UsersService } from '../users/users.service.js';

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

/** Users and their passwords. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly users: UsersService,
    private readonly passwords: PasswordVerifier,
  ) {}

  async register({ username, password, scopes }: NewUser): Promise<void> {
    this.users.add({ username, scopes, passwordHash: await this.passwords.hash(password) });
  }

  /** The user with this password; undefined for an unknown user and for a wrong password alike. */
  async authenticate(
    username: string,
    password: string,
    request: FrameworkRequest,
  ): Promise<User | undefined> {
    const user = this.users.find(username);
    return (await this.passwords.verify(password, user?.passwordHash, request)) ? user : undefined;
  }
}
