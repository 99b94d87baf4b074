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

/** Somebody who comes from another issuer, as that one describes them. */
export interface UpstreamProfile {
  /** What this app calls the other issuer. */
  readonly provider: string;
  /** `iss` and `sub`, by which the other issuer knows them for ever; of Entra the tenant and `oid`. */
  readonly iss: string;
  readonly sub: string;
  readonly email?: string;
  /** Whether the other issuer says that the address is theirs. */
  readonly isEmailVerified: boolean;
  readonly name?: string;
  /** All that it says of them, as it says it. */
  readonly claims: Readonly<Record<string, unknown>>;
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
  /**
   * The user who has shown, to this app, that the address is theirs; undefined for nobody, and for an address that somebody has only
   * typed in. Asked where an issuer's `linkByEmail` is on.
   */
  findByVerifiedEmail?(email: string): Promise<DirectoryUser | undefined>;
  /**
   * Makes an account for somebody who comes from another issuer for the first time; undefined for whom none is made. Asked where that
   * issuer's `createUsers` is on, by one login at a time; again where it has failed, or the link to the account could not be kept: the same
   * `iss` and `sub` are the same account. Never hand out one that was there before, such as by its e-mail address.
   */
  createFor?(profile: UpstreamProfile): Promise<DirectoryUser | undefined>;
  /**
   * Whether the user can log in with a password. Without this nobody counts as able to, so that the last link to another issuer stays unless
   * there is a passkey; with it the last passkey stays, too, where there is nothing else.
   */
  hasPassword?(subject: string): Promise<boolean>;
}

/** Injects the {@link UserDirectory} that `PortcullisSessionsModule` was given. */
export const USER_DIRECTORY = Symbol('portcullis.user-directory');

/** The directory of this app, once its module is there. */
@Injectable()
export class KnownUsers {
  #directory: UserDirectory | undefined;

  /** @throws PortcullisConfigurationError where another front end has another one: a session would be looked up in the wrong one */
  use(directory: UserDirectory): void {
    if (this.#directory !== undefined && this.#directory !== directory)
      throw new PortcullisConfigurationError([
        'PortcullisSessionsModule: users must be the same provider for all front ends, of one module that exports it',
      ]);
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
