import { type DynamicModule, Inject, type ModuleMetadata, type Type } from '@nestjs/common';
import { Log } from '../log.js';
import type { FrameworkRequest } from '../request/request-head.js';
import {
  aFlag,
  aFunction,
  aPath,
  aText,
  aWholeNumber,
  demandOptions,
  must,
  type OptionChecks,
  optional,
  texts,
} from '../routes/module-options.js';
import { mountAt } from '../routes/mount-at.js';
import { RouteModule, registered } from '../routes/route-module.js';
import { ClientLogins } from './client-logins.js';
import { LoginController } from './login.controller.js';
import { LoginAnswers } from './login-answers.js';
import { OwnSessionsController } from './own-sessions.controller.js';
import { RefreshCookie } from './refresh-cookie.js';
import { RefreshCookieNames } from './refresh-cookie-names.js';
import { RefreshTokenCodec } from './refresh-token-codec.js';
import { SESSION_CLIENT, type SessionClient } from './session-client.js';
import { KnownUsers, USER_DIRECTORY, type UserDirectory } from './user-directory.js';

export interface PortcullisSessionsOptions {
  /** The app's users: a provider of one of the `imports`, or of a global module. */
  readonly users: Type<UserDirectory>;
  /** The modules that export it, unless that is a global one. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** `client_id` of the tokens: the front end that people log in with. A second front end has routes of its own. */
  readonly clientId: string;
  /** The path in front of `login`, `refresh`, `logout` and `sessions`. By default `auth`. */
  readonly path?: string;
  /** What the tokens of this client may be used for at most. By default all that the user may do. */
  readonly scopes?: readonly string[];
  /** How long access tokens of this client work, in seconds. By default `tokens.issuer.lifetimeSeconds`. */
  readonly accessTokenSeconds?: number;
  /** How long a session of this client goes on without being used, in seconds, 60 to 31,536,000. By default `sessions.idleSeconds`. */
  readonly idleSeconds?: number;
  /** How long it goes on at most, however much it is used, in seconds, 60 to 31,536,000. By default `sessions.lifetimeSeconds`. */
  readonly lifetimeSeconds?: number;
  /** Whether browsers keep the refresh token in a cookie, which no script can read. By default it is in the answers. */
  readonly cookie?: boolean;
  /** The cookie's name. It begins with `__Host-`, so that no other host can set it. Each client has its own. */
  readonly cookieName?: string;
  /** The origins, besides the app's own, whose pages may have the cookie used. By default none. */
  readonly allowedOrigins?: readonly string[];
  /**
   * Whether a login with a client certificate begins a session that is bound to it (RFC 8705), where no DPoP proof comes. Each refresh then
   * needs that certificate. By default it is not looked at.
   */
  readonly bindToCertificate?: boolean;
  /** Names a device that its user has not named. By default its `Sec-CH-UA` and `User-Agent` do: `Firefox on Linux`. */
  readonly deviceNameOf?: (request: FrameworkRequest) => string | undefined;
}

/** Routes by which people log in, stay logged in, and see and end their logins. Import it where they are wanted. */
@RouteModule()
export class PortcullisSessionsModule {
  constructor(
    known: KnownUsers,
    codec: RefreshTokenCodec,
    cookieNames: RefreshCookieNames,
    @Inject(USER_DIRECTORY) users: UserDirectory,
    @Inject(SESSION_CLIENT) client: SessionClient,
  ) {
    known.use(users);
    cookieNames.claim(client);
    if (codec.isCutShort)
      new Log().warn(
        'Refresh tokens end with this process, and no other instance takes them: set tokens.issuer.keyEncryptionKeys',
      );
  }

  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisSessionsOptions): DynamicModule {
    demandOptions<PortcullisSessionsOptions>(PortcullisSessionsModule.name, given, OPTIONS);
    const {
      users,
      clientId,
      imports = [],
      path = 'auth',
      cookie = false,
      cookieName = '__Host-refresh',
      allowedOrigins = [],
      bindToCertificate = false,
      ...rest
    } = given;
    const client: SessionClient = {
      ...rest,
      clientId,
      bindToCertificate,
      cookie: cookie ? { cookieName, allowedOrigins } : undefined,
    };
    return registered({
      module: PortcullisSessionsModule,
      imports,
      controllers: [mountAt(path, LoginController), mountAt(`${path}/sessions`, OwnSessionsController)],
      providers: [
        { provide: SESSION_CLIENT, useValue: client },
        { provide: USER_DIRECTORY, useExisting: users },
        RefreshCookie,
        LoginAnswers,
        ClientLogins,
      ],
      exports: [SESSION_CLIENT, RefreshCookie, LoginAnswers, ClientLogins],
    });
  }
}

const someSeconds = optional(aWholeNumber(60, 31_536_000));

const OPTIONS: OptionChecks<PortcullisSessionsOptions> = {
  users: must('be a class that is a provider', (value) => typeof value === 'function'),
  imports: optional(must('be a list of modules', isListOfModules)),
  clientId: aText,
  path: optional(aPath),
  scopes: optional(texts),
  accessTokenSeconds: optional(aWholeNumber(1)),
  idleSeconds: someSeconds,
  lifetimeSeconds: someSeconds,
  cookie: optional(aFlag),
  cookieName: optional(
    must(
      'begin with __Host- and go on with letters, digits, _ and -',
      (value) => typeof value === 'string' && /^__Host-[\w-]+$/.test(value),
    ),
  ),
  allowedOrigins: optional(origins),
  bindToCertificate: optional(aFlag),
  deviceNameOf: optional(aFunction),
};

function origins(value: unknown, name: string): string[] {
  if (!Array.isArray(value)) return [`${name} must be a list of origins`];
  return value
    .filter((origin) => !isOrigin(origin))
    .map((origin) => `${name}: ${JSON.stringify(origin)} is no origin`);
}

function isListOfModules(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((each) => ['function', 'object'].includes(typeof each) && each !== null)
  );
}

function isOrigin(text: unknown): boolean {
  return typeof text === 'string' && URL.canParse(text) && new URL(text).origin === text;
}
