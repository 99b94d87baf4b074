import type { DynamicModule } from '@nestjs/common';
import {
  type ConfiguredOAuthClient,
  type DirectoryUser,
  PortcullisSessionsModule,
  type RequestLimit,
} from '@portcullis/auth';
import {
  aFunction,
  anObject,
  checkedByModule,
  must,
  type OptionChecks,
  optional,
  partsOf,
  registeredBy,
} from '@portcullis/auth/internal';
import type { OAuthPageLanguages } from './page-texts.js';
import type {
  DescribedScopes,
  OAuthClientDocuments,
  OAuthRegistration,
  OAuthResource,
} from './server-settings.js';

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
  /**
   * How often each address may begin: come to log in or out, open the page for devices, push an authorization request, or ask for the code of
   * a device. Each is remembered for minutes before anybody has logged in. By default 600 times a minute.
   */
  readonly authorizationRequests?: RequestLimit;
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

const { name: SESSIONS } = PortcullisSessionsModule;

/** What is looked at first: names and types. `problemsOf` says what makes no sense then. */
export const OAUTH_SERVER_OPTIONS: OptionChecks<PortcullisOAuthServerOptions> = {
  sessions: registeredBy(SESSIONS),
  login: checkedByModule,
  consent: checkedByModule,
  scopes: anObject,
  resources: optional(anObject),
  introspectedBy: checkedByModule,
  tokenLookups: checkedByModule,
  authorizationRequests: checkedByModule,
  clients: optional(must('be a list of clients', isListOfObjects)),
  clientNetworks: checkedByModule,
  registration: optional(
    partsOf<OAuthRegistration>({
      scopes: checkedByModule,
      openTo: checkedByModule,
      maxClients: checkedByModule,
    }),
  ),
  clientDocuments: optional(
    partsOf<OAuthClientDocuments>({ scopes: checkedByModule, hosts: checkedByModule, ca: checkedByModule }),
  ),
  claimsOf: optional(aFunction),
  texts: optional(anObject),
  codeSeconds: checkedByModule,
  deviceCodeSeconds: checkedByModule,
  interactionSeconds: checkedByModule,
  refreshTokenSeconds: checkedByModule,
  idTokenSeconds: checkedByModule,
  consentSeconds: checkedByModule,
  refreshGraceSeconds: checkedByModule,
};

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null);
}
