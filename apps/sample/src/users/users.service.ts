import { Injectable } from '@nestjs/common';
import type { User } from './user.js';

/** The users, in memory. Your app has a database here. */
@Injectable()
export class UsersService {
  readonly #users = new Map<string, User>();

  add(user: User): void {
    this.#users.set(user.username, user);
  }

  find(username: string): User | undefined {
    return this.#users.get(username);
  }

  /** What a user may do now; undefined for one who is not, or no longer, there. */
  scopesOf(username: string): readonly string[] | undefined {
    return this.find(username)?.scopes;
  }
}
