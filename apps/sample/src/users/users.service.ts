import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { User } from './user.js';
import type { UsersDatabase } from './users-database.js';

/** Injects the {@link UsersDatabase}. */
export const USERS_DATABASE = Symbol('users-database');

const TABLE = `CREATE TABLE IF NOT EXISTS parcel_users (
  username TEXT PRIMARY KEY, password_hash TEXT, scopes TEXT NOT NULL
)`;
const INSERT = 'INSERT INTO parcel_users (username, password_hash, scopes) VALUES ($1, $2, $3)';

/** The users, in the app's own database. */
@Injectable()
export class UsersService implements OnApplicationShutdown {
  #made: Promise<unknown> | undefined;

  constructor(@Inject(USERS_DATABASE) private readonly database: UsersDatabase) {}

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }

  /** A user of this name is replaced. */
  async put(user: User): Promise<void> {
    const changes = 'password_hash = excluded.password_hash, scopes = excluded.scopes';
    await this.#query(`${INSERT} ON CONFLICT (username) DO UPDATE SET ${changes}`, rowOf(user));
  }

  /** A user of this name stays as it is. */
  async addUnlessThere(user: User): Promise<void> {
    await this.#query(`${INSERT} ON CONFLICT (username) DO NOTHING`, rowOf(user));
  }

  async find(username: string): Promise<User | undefined> {
    const [row] = await this.#query('SELECT * FROM parcel_users WHERE username = $1', [username]);
    return row && userOf(row);
  }

  /** What a user may do now; undefined for one who is not, or no longer, there. */
  async scopesOf(username: string): Promise<readonly string[] | undefined> {
    return (await this.find(username))?.scopes;
  }

  async #query(sql: string, values: readonly (string | null)[]) {
    this.#made ??= this.database.query(TABLE).catch((error) => {
      // The next call tries again.
      this.#made = undefined;
      throw error;
    });
    await this.#made;
    return this.database.query(sql, values);
  }
}

function rowOf({ username, passwordHash, scopes }: User): (string | null)[] {
  return [username, passwordHash ?? null, JSON.stringify(scopes)];
}

function userOf({ username, password_hash, scopes }: Record<string, unknown>): User {
  return {
    username: String(username),
    passwordHash: typeof password_hash === 'string' ? password_hash : undefined,
    scopes: JSON.parse(String(scopes)),
  };
}
