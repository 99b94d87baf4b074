// What of this room the package gives away.
export type {
  EndedOAuthArtifacts,
  OAuthArtifact,
  OAuthArtifactKey,
  OAuthArtifactRecord,
  OAuthArtifactSelection,
  OAuthArtifactStore,
} from './oauth-artifact.store.js';
export type {
  OAuthClientQuery,
  OAuthClientRecord,
  OAuthClientSecret,
  OAuthClientStore,
} from './oauth-client.store.js';
export type {
  OAuthConsentKey,
  OAuthConsentQuery,
  OAuthConsentRecord,
  OAuthConsentSelection,
  OAuthConsentStore,
} from './oauth-consent.store.js';
