import {
  type ConfiguredOAuthClient,
  PortcullisMfaModule,
  PortcullisPersonalTokensModule,
  PortcullisSessionsModule,
} from '@portcullis/auth';
import { PortcullisOAuthServerModule, type PortcullisOAuthServerOptions } from '@portcullis/oauth/server';
import { noStrikes } from '../support/credentials.js';
import type { AppParts } from '../support/running-app.js';
import { QUICK_HASHER, Users, UsersModule } from '../support/users.js';
import { ParcelsController } from './parcels.controller.js';

export const API = 'https://api.example';
export const CALLBACK = 'https://client.example/callback';
export const SECRET = 's'.repeat(40);

/** One client of each kind. */
export const CLIENTS: readonly ConfiguredOAuthClient[] = [
  { clientId: 'pages', name: 'Some Pages', kind: 'browser', redirectUris: [CALLBACK], scopes: ['parcels:*'] },
  {
    clientId: 'shop',
    name: 'A Shop',
    kind: 'web',
    redirectUris: [CALLBACK],
    scopes: ['parcels:*'],
    secrets: [SECRET],
  },
  { clientId: 'robot', name: 'A Robot', kind: 'machine', scopes: ['parcels:read'], secrets: [SECRET] },
  { clientId: 'gateway', name: 'A Gateway', kind: 'machine', scopes: [], secrets: [SECRET] },
  { clientId: 'scale', name: 'A Scale', kind: 'device', scopes: ['parcels:read'] },
];

export interface OAuthAppParts {
  /** The issuer: where the server will be. */
  readonly url: string;
  readonly server?: Partial<PortcullisOAuthServerOptions>;
  readonly portcullis?: AppParts['portcullis'];
  /** What several instances have in common. */
  readonly signing?: object;
}

/** An app that is its own authorization server. */
export function oauthApp({ url, server, portcullis, signing }: OAuthAppParts): AppParts {
  const sessions = PortcullisSessionsModule.register({
    users: Users,
    imports: [UsersModule],
    clientId: 'web',
  });
  return {
    portcullis: {
      tokens: { audience: API, issuer: { url, ...signing } },
      bans: noStrikes,
      passwords: { hasher: QUICK_HASHER },
      ...portcullis,
    },
    imports: [
      UsersModule,
      sessions,
      PortcullisMfaModule.register({ sessions }),
      PortcullisPersonalTokensModule.register(),
      PortcullisOAuthServerModule.register({
        sessions,
        clients: CLIENTS,
        login: '/login',
        introspectedBy: ['gateway'],
        scopes: { 'parcels:read': 'See your parcels', 'parcels:write': 'Send parcels' },
        ...server,
      }),
    ],
    controllers: [ParcelsController],
  };
}
