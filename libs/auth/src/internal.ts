// What the packages of this repository share, and no app: it changes without notice.

export { ApiKeyVerifier } from './api-keys/api-key-verifier.js';
export { demandAccessToken, isDelegated } from './api-keys/demand-access-token.js';
export { INVALID_DPOP_PROOF, USE_DPOP_NONCE } from './binding/binding-refusals.js';
export { BINDING_SETTINGS, type BindingSettings } from './binding/binding-settings.js';
export { ClientCertificates } from './binding/client-certificates.js';
export { DpopNonces } from './binding/dpop-nonces.js';
export { DpopProofs } from './binding/dpop-proofs.js';
export { MessageSignatureKey } from './binding/message-signature-key.js';
export { UsedProofs } from './binding/used-proofs.js';
export { CredentialCheck } from './credentials/credential-check.js';
export { CredentialSchemes } from './credentials/credential-schemes.js';
export { noteCaller } from './events/proven-caller.js';
export { type MountedServer, MountedServers, noteRefusal } from './guard/mounted-servers.js';
export type { VerifiedToken } from './identity/verified-token.js';
export { FACTOR_STORE } from './mfa/factor.store.js';
export { newFactorId } from './mfa/factor-id.js';
export { LoginTickets } from './mfa/login-tickets.js';
export { FACTOR_USED } from './mfa/mfa-events.js';
export { TicketLogins } from './mfa/ticket-logins.js';
export { parseIpNetwork, subscriberNetworkOf } from './net/ip-address.js';
export { PublicOrigins } from './net/public-origins.js';
export { isSecureUrl } from './net/secure-url.js';
export { ACCOUNT_LINK_STORE } from './oauth/account-link.store.js';
export {
  ACCOUNT_LINKED,
  ACCOUNT_UNLINKED,
  SINGLE_SIGN_ON_FAILED,
} from './oauth/account-link-events.js';
export { isDocumentUrl } from './oauth/client-uris.js';
export { ConfiguredClients } from './oauth/configured-clients.js';
export { OAUTH_ARTIFACT_STORE } from './oauth/oauth-artifact.store.js';
export { type OAuthArtifactFound, type OAuthArtifactNames, OAuthArtifacts } from './oauth/oauth-artifacts.js';
export { OAUTH_CLIENT_STORE } from './oauth/oauth-client.store.js';
export { checkedClient } from './oauth/oauth-client-details.js';
export { OAUTH_CONSENT_STORE } from './oauth/oauth-consent.store.js';
export { OAUTH_SERVER_FAILED, OAUTH_SERVER_REFUSED } from './oauth/oauth-server-events.js';
export { INTERACTION_OVER, OAUTH_REFUSED } from './oauth/oauth-server-refusals.js';
export { RATE_LIMIT_EXCEEDED } from './rate-limits/rate-limit-refusals.js';
export { RATE_LIMIT_SETTINGS, type RateLimitSettings } from './rate-limits/rate-limit-settings.js';
export { RequestCounter } from './rate-limits/request-counter.js';
export { isRequestLimit } from './rate-limits/request-limit.js';
export { RecentlyUsed } from './recently-used.js';
export { askOutside, type OutsideLimits } from './remote/outside-request.js';
export { RemoteDocument } from './remote/remote-document.js';
export { fetchJson } from './remote/remote-json.js';
export { readText } from './remote/remote-text.js';
export { TurnTaking } from './replay/turn-taking.js';
export { isOfConnection } from './request/connection-errors.js';
export { CurrentActor, CurrentRequest } from './request/current-identity.decorator.js';
export { found } from './routes/answers.js';
export {
  aFunction,
  anObject,
  aPath,
  checkedByModule,
  demandOptions,
  must,
  type OptionChecks,
  optional,
  partsOf,
  registeredBy,
} from './routes/module-options.js';
export { mountAt } from './routes/mount-at.js';
export { OwnValidation } from './routes/own-validation.js';
export { RouteModule, registered } from './routes/route-module.js';
export { IsVisibleName } from './routes/visible-name.js';
export { scopesWithin } from './scopes.js';
export { derivedKeys } from './sealing/derived-keys.js';
export { Sealer } from './sealing/sealer.js';
export { addCookie, cookieIn } from './sessions/cookies.js';
export { currentSessionOf } from './sessions/current-session.js';
export { LOGIN_GATE, type LoginGate } from './sessions/login-gate.js';
export { byFactors } from './sessions/logins.js';
export { RefreshTokenCodec } from './sessions/refresh-token-codec.js';
export { SessionRefreshing } from './sessions/session-refreshing.js';
export { CROSS_SITE_REQUEST } from './sessions/session-refusals.js';
export { SessionStarting } from './sessions/session-starting.js';
export { available } from './sessions/unavailable.js';
export { KnownUsers } from './sessions/user-directory.js';
export { WaysIn } from './sessions/ways-in.js';
export { whereFrom } from './sessions/where-from.js';
export type { SigningKey } from './tokens/signing-key.js';
export { INSUFFICIENT_USER_AUTHENTICATION } from './tokens/token-refusals.js';
export { TOKEN_SETTINGS, type TokenSettings } from './tokens/token-settings.js';
export { TokenVerifier } from './tokens/token-verifier.js';
export { FurtherDocuments } from './well-known/further-documents.js';
