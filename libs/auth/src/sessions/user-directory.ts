import { Injectable } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import type { FrameworkRequest } from '../request/request-head.js';

/** Somebody who may log in. */
export interface DirectoryUser {
  /** `sub`: never given to anybody else. */
  readonly subject: string;
  /** What authenticator apps call the user, such as an e-mail address. By default the subject. */
  readonly name?: string;
  /** What the user may do now. */
  readonly scopes: readonly string[];
  /** Further claims of access tokens, such as the tenant. They are asked anew at each refresh. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Whoever is disabled can not log in, and whose sessions are refreshed next end. */
  readonly isDisabled?: boolean;
}

/** The users, whom the app keeps. */
export interface UserDirectory {
  /**
   * The user with this name and password; undefined for an unknown name and for a wrong password alike, after the same work.
   *
   * @param request hand it to `PasswordVerifier.verify`: the addresses that passwords come from take turns
   */
  verifyPassword(
    name: string,
    password: string,
    request: FrameworkRequest,
  ): Promise<DirectoryUser | undefined>;
  /** The user with this `sub` as they are now; undefined for one who is gone. */
  find(subject: string): Promise<DirectoryUser | undefined>;
}

/** Injects the {@link UserDirectory} that `PortcullisSessionsModule` was given. */
export const USER_DIRECTORY = Symbol('portcullis.user-directory');

/** The directory of this app, once its module is there. */
@Injectable()
export class KnownUsers {
  #directory: UserDirectory | undefined;

  /** To be called once. */
  use(directory: UserDirectory): void {
    this.#directory = directory;
  }

  /** @throws PortcullisConfigurationError where the app has none */
  get directory(): UserDirectory {
    if (this.#directory !== undefined) return this.#directory;
    throw new PortcullisConfigurationError([
      'sessions: import PortcullisSessionsModule.register({ users: … })',
    ]);
  }
}
