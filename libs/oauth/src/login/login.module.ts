import { type DynamicModule, Inject, type OnModuleInit } from '@nestjs/common';
import { PortcullisConfigurationError, PortcullisSessionsModule, type UserDirectory } from '@portcullis/auth';
import {
  anObject,
  aPath,
  checkedByModule,
  demandOptions,
  KnownUsers,
  mountAt,
  type OptionChecks,
  optional,
  partsOf,
  RouteModule,
  registered,
  registeredBy,
} from '@portcullis/auth/internal';
import { AccountLinksController } from './account-links.controller.js';
import { AccountLinks } from './account-links.js';
import { FirstLogins } from './first-logins.js';
import { LoginAnswer } from './login-answer.js';
import type { LoginProvider } from './login-provider.js';
import { LOGIN_SETTINGS, type LoginPages, type LoginSettings, problemsOf } from './login-settings.js';
import { LogoutController } from './logout.controller.js';
import { LogoutTokens } from './logout-tokens.js';
import { SealedCookies } from './sealed-cookies.js';
import { SignOnCompletion } from './sign-on-completion.js';
import { SingleSignOnController } from './single-sign-on.controller.js';
import { SingleSignOn } from './single-sign-on.js';
import { UpstreamUsers } from './upstream-users.js';
import { Upstreams } from './upstreams.js';

export interface PortcullisLoginOptions {
  /** What `PortcullisSessionsModule.register()` has returned: the front end that people log in with. Import it once more beside this. */
  readonly sessions: DynamicModule;
  /** Who may vouch for users, by the names that they have in paths: `{ google: google({ … }) }`. */
  readonly providers: Readonly<Record<string, LoginProvider>>;
  /** The path in front of `:provider`. By default `login`. */
  readonly path?: string;
  /** The path in front of `links`. By default `auth`. */
  readonly accountPath?: string;
  /**
   * The https URL under which browsers reach the parent of `path` (http on loopback): `https://parcels.example`, or with a global prefix
   * `https://parcels.example/api`. By default `tokens.issuer.url`. Answers come back to `<publicUrl>/login/:provider/callback`.
   */
  readonly publicUrl?: string;
  /** Pages of the app that people are sent to. */
  readonly pages?: LoginPages;
}

/** Logins by other issuers: Google, Entra, any that speaks OpenID Connect, and some that don't. Import it where they are wanted. */
@RouteModule()
export class PortcullisLoginModule implements OnModuleInit {
  constructor(
    @Inject(LOGIN_SETTINGS) private readonly settings: LoginSettings,
    private readonly users: KnownUsers,
  ) {}

  /** @throws PortcullisConfigurationError where a provider is allowed what the directory of users can't do */
  onModuleInit(): void {
    const { directory } = this.users;
    const lacking = Object.entries(this.settings.providers).flatMap(([name, provider]) => [
      ...(provider.linkByEmail ? missing(directory, 'findByVerifiedEmail', `${name}.linkByEmail`) : []),
      ...(provider.createUsers ? missing(directory, 'createFor', `${name}.createUsers`) : []),
    ]);
    if (lacking.length > 0) throw new PortcullisConfigurationError(lacking);
  }

  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisLoginOptions): DynamicModule {
    demandOptions<PortcullisLoginOptions>(PortcullisLoginModule.name, given, OPTIONS);
    const { sessions, providers, path = 'login', accountPath = 'auth', publicUrl, pages = {} } = given;
    const settings: LoginSettings = { providers, path, publicUrl, pages };
    const problems = problemsOf(settings);
    if (problems.length > 0) throw new PortcullisConfigurationError(problems);
    return registered({
      module: PortcullisLoginModule,
      imports: [sessions],
      controllers: [
        mountAt(path, SingleSignOnController),
        mountAt(path, LogoutController),
        mountAt(`${accountPath}/links`, AccountLinksController),
      ],
      providers: [
        { provide: LOGIN_SETTINGS, useValue: settings },
        Upstreams,
        SealedCookies,
        SingleSignOn,
        AccountLinks,
        FirstLogins,
        UpstreamUsers,
        LoginAnswer,
        SignOnCompletion,
        LogoutTokens,
      ],
      exports: [AccountLinks],
    });
  }
}

const OPTIONS: OptionChecks<PortcullisLoginOptions> = {
  sessions: registeredBy(PortcullisSessionsModule.name),
  providers: anObject,
  path: optional(aPath),
  accountPath: optional(aPath),
  publicUrl: checkedByModule,
  pages: optional(partsOf<LoginPages>({ secondFactor: checkedByModule, failed: checkedByModule })),
};

function missing(directory: UserDirectory, method: keyof UserDirectory, option: string): string[] {
  return typeof directory[method] === 'function'
    ? []
    : [`PortcullisLoginModule: providers.${option} needs ${method}() of the users`];
}
