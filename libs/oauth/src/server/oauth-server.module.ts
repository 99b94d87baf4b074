import { type DynamicModule, Inject, Module } from '@nestjs/common';
import {
  type ConfiguredOAuthClient,
  type DirectoryUser,
  PortcullisConfigurationError,
  type RequestLimit,
  TokenIssuer,
} from '@portcullis/auth';
import { ConfiguredClients } from '@portcullis/auth/internal';
import { AppCredentials } from './app-credentials.js';
import { ClientDocuments } from './client-documents.js';
import { ClientKeys } from './client-keys.js';
import { ClientLogouts } from './client-logouts.js';
import { ClientRegistration } from './client-registration.js';
import { ClientServers } from './client-servers.js';
import { CurrentProvider } from './current-provider.js';
import { InteractionDetailing } from './interaction-details.js';
import { OAuthServer } from './oauth-server.js';
import type { OAuthPageLanguages } from './page-texts.js';
import { RegistrationAccess } from './registration-access.js';
import { ServerAccounts } from './server-accounts.js';
import { ServerClients } from './server-clients.js';
import { ServerGrants } from './server-grants.js';
import { ServerInteractions } from './server-interactions.js';
import { ServerPages } from './server-pages.js';
import { ServerRequests } from './server-requests.js';
import {
  type DescribedScopes,
  OAUTH_SERVER_SETTINGS,
  type OAuthClientDocuments,
  type OAuthRegistration,
  type OAuthResource,
  type OAuthServerSettings,
} from './server-settings.js';
import { ServerTokenReader } from './server-token-reader.js';
import { ServerTokens } from './server-tokens.js';
import { ServerUses } from './server-uses.js';
import { problemsOf } from './settings-problems.js';
import { TokenExchange } from './token-exchange.js';
import { TokenLookups } from './token-lookups.js';
import { UserCodeTries } from './user-code-tries.js';

export interface PortcullisOAuthServerOptions {
  /** What `PortcullisSessionsModule.register()` has returned: the front end that people log in with. Import it once more beside this. */
  readonly sessions: DynamicModule;
  /** The path of the page where people log in; it is sent `?interaction=`. */
  readonly login: string;
  /** The path of the page where people are asked whether a client may act for them. By default that of `login`. */
  readonly consent?: string;
  /** What clients may be given at this API, with what people read about it. */
  readonly scopes: DescribedScopes;
  /** Other APIs that tokens are for, by their URIs (RFC 8707). By default none. */
  readonly resources?: Readonly<Record<string, OAuthResource>>;
  /**
   * The ids of clients that are part of this API without being this app, such as a gateway: they may ask what a token for it is worth
   * (RFC 7662). By default none.
   */
  readonly introspectedBy?: readonly string[];
  /** How often each client, and each address, may have tokens introspected and revoked. By default 600 times a minute. */
  readonly tokenLookups?: RequestLimit;
  /** The clients that the code of the app names, besides those in the store. By default none. */
  readonly clients?: readonly ConfiguredOAuthClient[];
  /**
   * Networks besides the internet in which clients have servers of their own, such as `10.0.0.0/8`: there they may be asked for their keys and
   * told of logouts. By default none. Where the issuer is tried out over plain http, this machine is one as well.
   */
  readonly clientNetworks?: readonly string[];
  /**
   * Lets clients register themselves (RFC 7591), and change and remove what they have registered (RFC 7592): with a secret or without, for the
   * code flow or as devices, never for themselves. `scopes` by default none, `openTo` by default `'holders-of-tokens'`, `maxClients` by default
   * 1,000. Off by default.
   */
  readonly registration?: Partial<OAuthRegistration>;
  /** Takes clients whose id is the URL of a document about them; people read its host. `scopes` by default none. Off by default. */
  readonly clientDocuments?: Partial<OAuthClientDocuments>;
  /** What of a user clients may know, under the names of OpenID Connect Core section 5.1. By default `sub` alone. */
  readonly claimsOf?: (user: DirectoryUser) => Readonly<Record<string, unknown>>;
  /**
   * What the server's own pages say, by languages such as `de`: each is shown to those who read it, by `ui_locales` or `Accept-Language`. What
   * is left out, and whoever reads none of them, has English.
   */
  readonly texts?: OAuthPageLanguages;
  /** How long a code works, in seconds. By default 60. */
  readonly codeSeconds?: number;
  /** How long a code of a device works, in seconds. By default 600. */
  readonly deviceCodeSeconds?: number;
  /** How long somebody may take to log in and to agree, in seconds. By default 600. */
  readonly interactionSeconds?: number;
  /** How long a refresh token works, in seconds. By default 30 days. */
  readonly refreshTokenSeconds?: number;
  /** How long an ID token works, in seconds. By default 300. */
  readonly idTokenSeconds?: number;
  /** How long a consent holds, and what was granted by it, in seconds. By default a year. */
  readonly consentSeconds?: number;
  /** How long whoever loses a race for a refresh token is only refused, and not taken for a thief, in seconds. By default 10. */
  readonly refreshGraceSeconds?: number;
}

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
    resources = {},
    introspectedBy = [],
    tokenLookups = { requests: 600, windowSeconds: 60 },
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
  }: PortcullisOAuthServerOptions): DynamicModule {
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
        ClientKeys,
        ClientLogouts,
        ClientServers,
        AppCredentials,
        ClientDocuments,
        ClientRegistration,
        CurrentProvider,
        InteractionDetailing,
        OAuthServer,
        RegistrationAccess,
        ServerAccounts,
        ServerClients,
        ServerGrants,
        ServerInteractions,
        ServerPages,
        ServerRequests,
        ServerTokenReader,
        ServerTokens,
        ServerUses,
        TokenExchange,
        TokenLookups,
        UserCodeTries,
      ],
    };
  }
}
