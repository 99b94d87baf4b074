import { type DynamicModule, Inject, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { PortcullisConfigurationError } from '../errors.js';
import { Log } from '../log.js';
import type { FrameworkRequest } from '../request/request-head.js';
import { mountAt } from '../routes/mount-at.js';
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
@Module({})
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
  static register({
    users,
    clientId,
    imports = [],
    path = 'auth',
    cookie = false,
    cookieName = '__Host-refresh',
    allowedOrigins = [],
    bindToCertificate = false,
    ...rest
  }: PortcullisSessionsOptions): DynamicModule {
    const problems = [
      ...problemsOf({ users, clientId, cookieName, allowedOrigins }),
      ...limitProblemsOf(rest),
    ];
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
    const client: SessionClient = {
      ...rest,
      clientId,
      bindToCertificate,
      cookie: cookie ? { cookieName, allowedOrigins } : undefined,
    };
    return {
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
    };
  }
}

function problemsOf({
  users,
  clientId,
  cookieName,
  allowedOrigins,
}: Required<
  Pick<PortcullisSessionsOptions, 'users' | 'clientId' | 'cookieName' | 'allowedOrigins'>
>): string[] {
  return [
    ...(typeof users === 'function'
      ? []
      : ['PortcullisSessionsModule: users must be a class that is a provider']),
    ...(typeof clientId === 'string' && clientId !== ''
      ? []
      : ['PortcullisSessionsModule: clientId must be a text']),
    ...(/^__Host-[\w-]+$/.test(cookieName)
      ? []
      : [
          'PortcullisSessionsModule: cookieName must begin with __Host- and go on with letters, digits, _ and -',
        ]),
    ...allowedOrigins
      .filter((origin) => !isOrigin(origin))
      .map((origin) => `PortcullisSessionsModule: allowedOrigins: ${JSON.stringify(origin)} is no origin`),
  ];
}

const LIMITS = { least: 60, most: 31_536_000 };

function limitProblemsOf(
  limits: Pick<PortcullisSessionsOptions, 'idleSeconds' | 'lifetimeSeconds'>,
): string[] {
  const { least, most } = LIMITS;
  return (['idleSeconds', 'lifetimeSeconds'] as const)
    .filter((name) => {
      const seconds = limits[name];
      return seconds !== undefined && !(Number.isInteger(seconds) && seconds >= least && seconds <= most);
    })
    .map((name) => `PortcullisSessionsModule: ${name} must be a whole number from ${least} to ${most}`);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
