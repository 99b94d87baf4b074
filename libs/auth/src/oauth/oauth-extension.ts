import type { PortcullisExtension } from '../extension.js';
import { CLIENT_SECRET_KIND, ClientSecretScheme } from './client-secret-scheme.js';
import { ConfiguredClients } from './configured-clients.js';
import { OAUTH_ARTIFACT_STORE } from './oauth-artifact.store.js';
import { OAuthArtifactVault } from './oauth-artifact-vault.js';
import { OAuthArtifacts } from './oauth-artifacts.js';
import { OAUTH_CLIENT_STORE } from './oauth-client.store.js';
import { OAuthClientChanging } from './oauth-client-changing.js';
import { OAuthClientCreating } from './oauth-client-creating.js';
import { OAuthClientEnding } from './oauth-client-ending.js';
import { OAuthClientLeaks } from './oauth-client-leaks.js';
import { OAuthClientRecords } from './oauth-client-records.js';
import { OAuthClientRotating } from './oauth-client-rotating.js';
import { OAuthClientSecrets } from './oauth-client-secrets.js';
import { OAuthClients } from './oauth-clients.js';
import { OAUTH_CONSENT_STORE } from './oauth-consent.store.js';
import { OAuthConsents } from './oauth-consents.js';
import { OAUTH_EVENTS } from './oauth-events.js';
import { OAuthGrants } from './oauth-grants.js';
import { OAUTH_REFUSALS } from './oauth-refusals.js';
import { OAUTH_SERVER_EVENTS } from './oauth-server-events.js';
import { OAUTH_SERVER_REFUSALS } from './oauth-server-refusals.js';

export const OAUTH: PortcullisExtension = {
  name: 'oauth',
  stores: [OAUTH_ARTIFACT_STORE, OAUTH_CLIENT_STORE, OAUTH_CONSENT_STORE],
  refusals: [...OAUTH_REFUSALS, ...OAUTH_SERVER_REFUSALS],
  events: [...OAUTH_EVENTS, ...OAUTH_SERVER_EVENTS],
  schemes: { [CLIENT_SECRET_KIND]: ClientSecretScheme },
  providers: [
    OAuthArtifactVault,
    OAuthArtifacts,
    OAuthGrants,
    OAuthClientSecrets,
    ConfiguredClients,
    OAuthClientRecords,
    OAuthClientCreating,
    OAuthClientChanging,
    OAuthClientRotating,
    OAuthClientEnding,
    OAuthClients,
    OAuthClientLeaks,
    OAuthConsents,
  ],
};
