import { type DynamicModule, Inject } from '@nestjs/common';
import { PortcullisConfigurationError, TokenIssuer } from '@portcullis/auth';
import { ConfiguredClients, demandOptions, RouteModule, registered } from '@portcullis/auth/internal';
import { AppCredentials } from './app-credentials.js';
import { AuthorizationRequests } from './authorization-requests.js';
import { ClientDocuments } from './client-documents.js';
import { ClientKeys } from './client-keys.js';
import { ClientLogouts } from './client-logouts.js';
import { ClientRegistration } from './client-registration.js';
import { ClientServers } from './client-servers.js';
import { CurrentProvider } from './current-provider.js';
import { InteractionDetailing } from './interaction-details.js';
import { OAuthServer } from './oauth-server.js';
import { OAUTH_SERVER_OPTIONS, type PortcullisOAuthServerOptions } from './oauth-server-options.js';
import { PostedQuestions } from './posted-questions.js';
import { RegistrationAccess } from './registration-access.js';
import { ServerAccounts } from './server-accounts.js';
import { ServerClients } from './server-clients.js';
import { ServerGrants } from './server-grants.js';
import { ServerInteractions } from './server-interactions.js';
import { ServerPages } from './server-pages.js';
import { ServerProofs } from './server-proofs.js';
import { ServerRequests } from './server-requests.js';
import { OAUTH_SERVER_SETTINGS, type OAuthServerSettings } from './server-settings.js';
import { ServerTokenReader } from './server-token-reader.js';
import { ServerTokens } from './server-tokens.js';
import { ServerUses } from './server-uses.js';
import { problemsOf } from './settings-problems.js';
import { TokenExchange } from './token-exchange.js';
import { TokenLookups } from './token-lookups.js';
import { UserCodeTries } from './user-code-tries.js';
import { UserDecisions } from './user-decisions.js';

/** An OAuth 2.1 authorization server and OpenID provider in the app, under its issuer. Import it where others are to log in with you. */
@RouteModule()
export class PortcullisOAuthServerModule {
  constructor(
    configured: ConfiguredClients,
    issuer: TokenIssuer,
    @Inject(OAUTH_SERVER_SETTINGS) { clients }: OAuthServerSettings,
  ) {
    configured.use(clients, issuer.url.startsWith('http:'));
  }

  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisOAuthServerOptions): DynamicModule {
    demandOptions<PortcullisOAuthServerOptions>(
      PortcullisOAuthServerModule.name,
      given,
      OAUTH_SERVER_OPTIONS,
    );
    const {
      sessions,
      login,
      consent = login,
      resources = {},
      introspectedBy = [],
      tokenLookups = { requests: 600, windowSeconds: 60 },
      authorizationRequests = { requests: 600, windowSeconds: 60 },
      clients = [],
      clientNetworks = [],
      texts = {},
      claimsOf,
      registration,
      clientDocuments,
      codeSeconds = 60,
      deviceCodeSeconds = 600,
      interactionSeconds = 600,
      refreshTokenSeconds = 2_592_000,
      idTokenSeconds = 300,
      consentSeconds = 31_536_000,
      refreshGraceSeconds = 10,
      ...rest
    } = given;
    const lifetimes = { codeSeconds, deviceCodeSeconds, interactionSeconds, refreshTokenSeconds };
    const others = { idTokenSeconds, consentSeconds, refreshGraceSeconds };
    const settings: OAuthServerSettings = {
      ...rest,
      ...{
        login,
        consent,
        resources,
        introspectedBy,
        tokenLookups,
        authorizationRequests,
        clients,
        clientNetworks,
        texts,
        claimsOf,
      },
      registration: registration && {
        scopes: [],
        openTo: 'holders-of-tokens',
        maxClients: 1_000,
        ...registration,
      },
      clientDocuments: clientDocuments && { scopes: [], ...clientDocuments },
      ...{ ...lifetimes, ...others },
    };
    const problems = problemsOf(settings);
    if (problems.length > 0)
      throw new PortcullisConfigurationError(
        problems.map((problem) => `PortcullisOAuthServerModule: ${problem}`),
      );
    return registered({
      module: PortcullisOAuthServerModule,
      imports: [sessions],
      providers: [
        { provide: OAUTH_SERVER_SETTINGS, useValue: settings },
        ClientKeys,
        ClientLogouts,
        ClientServers,
        AppCredentials,
        AuthorizationRequests,
        ClientDocuments,
        ClientRegistration,
        CurrentProvider,
        InteractionDetailing,
        OAuthServer,
        PostedQuestions,
        RegistrationAccess,
        ServerAccounts,
        ServerClients,
        ServerGrants,
        ServerInteractions,
        ServerPages,
        ServerProofs,
        ServerRequests,
        ServerTokenReader,
        ServerTokens,
        ServerUses,
        TokenExchange,
        TokenLookups,
        UserCodeTries,
        UserDecisions,
      ],
    });
  }
}
