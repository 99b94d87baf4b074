import type { PortcullisExtension } from '../extension.js';
import { OAUTH_ARTIFACT_STORE } from './oauth-artifact.store.js';
import { OAUTH_CLIENT_STORE } from './oauth-client.store.js';
import { OAUTH_CONSENT_STORE } from './oauth-consent.store.js';

export const OAUTH: PortcullisExtension = {
  name: 'oauth',
  stores: [OAUTH_ARTIFACT_STORE, OAUTH_CLIENT_STORE, OAUTH_CONSENT_STORE],
};
