import { Injectable } from '@nestjs/common';
import { Passwords } from './passwords.js';
import type { User } from './user.js';

export interface NewUser {
  readonly username: string;
  readonly password: string;
  readonly scopes: readonly string[];
}

/** The users, in memory. Your app has a database here. */
@Injectable()
export class UsersService {
  readonly #users = new Map<string, User>();

  constructor(private readonly passwords: Passwords) {}

  async add({ username, password, scopes }: NewUser): Promise<void> {
    this.#users.set(username, { username, scopes, passwordHash: await this.passwords.hash(password) });
  }

  /** What a user may do now; undefined for one who is not, or no longer, there. */
  scopesOf(username: string): readonly string[] | undefined {
    return this.#users.get(username)?.scopes;
  }

  /** The user with this password; undefined for an unknown user and for a wrong password alike. */
  async authenticate(username: string, password: string): Promise<User | undefined> {
    const user = this.#users.get(username);
    return (await this.passwords.verify(password, user?.passwordHash)) ? user : undefined;
  }
}
