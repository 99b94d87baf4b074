import {
  PortcullisMfaModule,
  PortcullisSessionsModule,
  type PortcullisSessionsOptions,
} from '@portcullis/auth';
import {
  type OpenIdProvider,
  PortcullisLoginModule,
  type PortcullisLoginOptions,
} from '@portcullis/oauth/login';
import type { ClientMetadata } from 'oidc-provider';
import { noStrikes, ownTokens } from '../support/credentials.js';
import type { LoginIssuer } from '../support/login-issuer.js';
import { PlainRoutesController } from '../support/plain-routes.js';
import type { AppParts } from '../support/running-app.js';
import { QUICK_HASHER } from '../support/users.js';
import { SignOnUsers, SignOnUsersModule } from './sign-on-users.js';

/** Where browsers take the app to be, whatever its port is. */
export const ORIGIN = 'http://localhost:3000';

const CLIENT = { client_id: 'parcels', client_secret: 'a secret between the app and its issuer' };

/** The app, as the other issuer knows it. */
export function clientOf(
  provider: string,
  more: Partial<ClientMetadata> = {},
  origin = ORIGIN,
): ClientMetadata {
  return { ...CLIENT, redirect_uris: [`${origin}/login/${provider}/callback`], ...more } as ClientMetadata;
}

/** The other issuer, as the app knows it. */
export function providerOf(
  { issuer }: Pick<LoginIssuer, 'issuer'>,
  more: Partial<OpenIdProvider> = {},
): OpenIdProvider {
  return {
    issuer,
    clientId: CLIENT.client_id,
    clientSecret: CLIENT.client_secret,
    allowHttpOnLoopback: true,
    ...more,
  };
}

interface LoginAppParts {
  readonly login: Omit<PortcullisLoginOptions, 'sessions'>;
  readonly sessions?: Partial<PortcullisSessionsOptions>;
  readonly portcullis?: AppParts['portcullis'];
}

/** An app with logins by password, and by other issuers. */
export function loginApp({ login, sessions, portcullis }: LoginAppParts): AppParts {
  const logins = PortcullisSessionsModule.register({
    users: SignOnUsers,
    imports: [SignOnUsersModule],
    clientId: 'web',
    cookie: true,
    ...sessions,
  });
  return {
    portcullis: { tokens: ownTokens, bans: noStrikes, passwords: { hasher: QUICK_HASHER }, ...portcullis },
    imports: [
      SignOnUsersModule,
      logins,
      PortcullisMfaModule.register({ sessions: logins }),
      PortcullisLoginModule.register({ sessions: logins, ...login }),
    ],
    controllers: [PlainRoutesController],
  };
}
