import { type DynamicModule, Inject, Module } from '@nestjs/common';
import { type ConfiguredOAuthClient, PortcullisConfigurationError, TokenIssuer } from '@portcullis/auth';
import { ConfiguredClients } from '@portcullis/auth/internal';
import { CurrentProvider } from './current-provider.js';
import { OAuthServer } from './oauth-server.js';
import { ServerAccounts } from './server-accounts.js';
import { ServerClients } from './server-clients.js';
import { ServerGrants } from './server-grants.js';
import { ServerInteractions } from './server-interactions.js';
import { ServerPages } from './server-pages.js';
import { ServerRequests } from './server-requests.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokenReader } from './server-token-reader.js';
import { ServerTokens } from './server-tokens.js';
import { problemsOf } from './settings-problems.js';
import { TokenExchange } from './token-exchange.js';
import { UserCodeTries } from './user-code-tries.js';

const DEFAULTS = {
  clients: [] as readonly ConfiguredOAuthClient[],
  resources: {},
  texts: {},
  codeSeconds: 60,
  deviceCodeSeconds: 600,
  interactionSeconds: 600,
  refreshTokenSeconds: 30 * 86_400,
  idTokenSeconds: 300,
  consentSeconds: 365 * 86_400,
  refreshGraceSeconds: 10,
} as const;

type Defaults = typeof DEFAULTS;

/** What `PortcullisOAuthServerModule.register()` is given. */
export type PortcullisOAuthServerOptions = Pick<OAuthServerSettings, 'login' | 'scopes'> &
  Partial<Pick<OAuthServerSettings, keyof Defaults | 'consent'>> & {
    /** What of a user clients may know, under the names of OpenID Connect Core section 5.1. By default `sub` alone. */
    readonly claimsOf?: NonNullable<OAuthServerSettings['claimsOf']>;
    /** What `PortcullisSessionsModule.register()` has returned: the front end that people log in with. Import it once more beside this. */
    readonly sessions: DynamicModule;
  };

/** An OAuth 2.1 authorization server and OpenID provider in the app, under its issuer. Import it where others are to log in with you. */
@Module({})
export class PortcullisOAuthServerModule {
  constructor(
    configured: ConfiguredClients,
    issuer: TokenIssuer,
    @Inject(OAUTH_SERVER_SETTINGS) { clients }: OAuthServerSettings,
  ) {
    configured.use(clients, issuer.url.startsWith('http:'));
  }

  /** @throws PortcullisConfigurationError naming what is wrong */
  static register({
    sessions,
    login,
    consent = login,
    claimsOf,
    ...rest
  }: PortcullisOAuthServerOptions): DynamicModule {
    const settings: OAuthServerSettings = { ...DEFAULTS, ...rest, login, consent, claimsOf };
    const problems = problemsOf(settings);
    if (typeof sessions?.module !== 'function')
      problems.push('sessions must be what PortcullisSessionsModule.register() returns');
    if (problems.length > 0)
      throw new PortcullisConfigurationError(
        problems.map((problem) => `PortcullisOAuthServerModule: ${problem}`),
      );
    return {
      module: PortcullisOAuthServerModule,
      imports: [sessions],
      providers: [
        { provide: OAUTH_SERVER_SETTINGS, useValue: settings },
        CurrentProvider,
        OAuthServer,
        ServerAccounts,
        ServerClients,
        ServerGrants,
        ServerInteractions,
        ServerPages,
        ServerRequests,
        ServerTokenReader,
        ServerTokens,
        TokenExchange,
        UserCodeTries,
      ],
    };
  }
}
