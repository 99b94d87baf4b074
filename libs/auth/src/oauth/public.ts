// What of this room the package gives away.

export type {
  AccountLinkOwner,
  AccountLinkRecord,
  AccountLinkStore,
  UpstreamIdentity,
} from './account-link.store.js';
export type { AccountLinkFacts } from './account-link-events.js';
export type { ConfiguredOAuthClient } from './configured-clients.js';
export { PortcullisConsentsModule, type PortcullisConsentsOptions } from './consents.module.js';
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
export type { CreatedOAuthClient } from './oauth-client-creating.js';
export {
  type NewOAuthClient,
  OAUTH_CLIENT_AUTHENTICATIONS,
  OAUTH_CLIENT_KINDS,
  type OAuthClientAuthentication,
  type OAuthClientChanges,
  type OAuthClientDetails,
  type OAuthClientKey,
  type OAuthClientKind,
} from './oauth-client-details.js';
export type { OAuthClientMaker } from './oauth-client-maker.js';
export type { OAuthClientRotation } from './oauth-client-rotating.js';
export type { OAuthClient } from './oauth-client-view.js';
export { type OAuthClientPage, OAuthClients } from './oauth-clients.js';
export type {
  OAuthConsentKey,
  OAuthConsentQuery,
  OAuthConsentRecord,
  OAuthConsentSelection,
  OAuthConsentStore,
} from './oauth-consent.store.js';
export {
  type NewOAuthConsent,
  type OAuthConsent,
  type OAuthConsentPage,
  OAuthConsents,
} from './oauth-consents.js';
export type { OAuthClientFacts, OAuthConsentFacts } from './oauth-events.js';
export type { OAuthEndDetails, OAuthGrantSelection } from './oauth-grants.js';
export { OAuthGrants } from './oauth-grants.js';
export type {} from './oauth-refusals.js';
export type {} from './oauth-server-events.js';
export type {} from './oauth-server-refusals.js';
