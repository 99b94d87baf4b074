export type { PortcullisAsyncOptions } from './composition/given-options.js';
// The module, its options, and what an app registers.
export { PortcullisModule, type PortcullisModuleOptions } from './composition/portcullis.module.js';
export { memory } from './composition/memory-storage.js';
export type { PortcullisOptions } from './composition/portcullis.options.js';
export type {
  OpeningApp,
  OpenShared,
  OpenStorage,
  SharedStorage,
  Storage,
  Stores,
} from './composition/storage.js';
export type { PortcullisExtension } from './extension.js';

// What handlers declare.
export type { AccessDemand, DemandDefinition } from './access/access-demand.js';
export {
  AnyScope,
  Public,
  type PublicOptions,
  RequireApp,
  RequireUser,
  RequireUserOrApp,
  Scopes,
} from './access/access.decorator.js';
export { declareDemand, declareTrait } from './access/declare.js';
export type { TraitDefinition } from './access/handler-trait.js';

// One request.
export type { ContextAdapter } from './request/context-adapter.js';
export { CurrentApp, CurrentUser } from './request/current-identity.decorator.js';
export type { HandlerFacts, HandlerTraits } from './request/handler-facts.js';
export { identityOf, type ProvenIdentities } from './request/identity-of.js';
export { RequestContext } from './request/request-context.js';
export type { FrameworkRequest, RequestHead } from './request/request-head.js';
export type { ResponseHead } from './request/response-head.js';
export { RequestLifecycle, type SettlementListener } from './request/request-lifecycle.js';

// Who was proven.
export {
  AppIdentity,
  type AppIdentityInit,
  type Identity,
  UserIdentity,
  type UserIdentityInit,
} from './identity/identity.js';

// Ways to prove it.
export type { BearerFormat } from './credentials/bearer-format.js';
export type { Leak } from './credentials/credential-events.js';
export { INVALID_TOKEN, TLS_REQUIRED } from './credentials/credential-refusals.js';
export type { Challenge, CredentialScheme, FoundCredential } from './credentials/credential-scheme.js';

// Refusals, events, options and stores, as definitions.
export {
  CREDENTIALS_REQUIRED,
  defineRefusal,
  INSUFFICIENT_SCOPE,
  InputError,
  INVALID_REQUEST,
  MALFORMED_REQUEST,
  PortcullisConfigurationError,
  PortcullisError,
  type Refusal,
  type RefusalCode,
  type RefusalCodes,
  type RefusalDetails,
  TEMPORARILY_UNAVAILABLE,
  TENANT_MISMATCH,
  UNSUPPORTED_CONTEXT,
} from './errors.js';
export {
  type AuditNames,
  type AuditRule,
  type AuditWeight,
  defineEvent,
  describeRequest,
  type EventDefinition,
  type EventRules,
  type LogRule,
} from './events/event-definition.js';
export {
  type Actor,
  actorOf,
  type RequestFacts,
  type SecurityEvent,
  type SecurityEventType,
  type SecurityEventTypes,
} from './events/security-event.js';
export { printable } from './log.js';
export { type SecurityEventListener, SecurityEvents } from './events/security-events.js';
export type { Clock } from './options/clock.js';
export { HasMethods, IfGiven, IsCallable, IsSharedSecret } from './options/option-validators.js';
export { defineOptions, type OptionsSection } from './options/options-section.js';
export { defineStore, type StoreDefinition } from './options/store-definition.js';

// Users.
export type { ProvenLogin } from './identity/proven-login.js';
export * from './tokens/public.js';

// Bound credentials.
export type { Confirmation } from './identity/confirmation.js';
export { Bindings } from './binding/bindings.js';
export { BindingOptions } from './binding/binding.options.js';
export { RequireBinding } from './binding/require-binding.decorator.js';

// Applications.
export {
  apiKeyPattern,
  type FoundApiKey,
  findApiKeys,
  MAX_API_KEY_LENGTH,
} from './api-keys/api-key-format.js';
export type { ApiKeyFilter, ApiKeyPage } from './api-keys/api-key-listing.js';
export type { CreatedApiKey } from './api-keys/api-key-making.js';
export type { ApiKeyRevocation } from './api-keys/api-key-revoking.js';
export type { ApiKeyRotation } from './api-keys/api-key-rotating.js';
export { ApiKeyService } from './api-keys/api-key-service.js';
export {
  API_KEY_STATES,
  type ApiKeyDetails,
  type ApiKeyHolder,
  type ApiKeyInfo,
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeySelection,
  type ApiKeysOfHolder,
  type ApiKeyState,
  type ApiKeyStore,
  type ApiKeyUse,
  stateOf,
} from './api-keys/api-key.store.js';
export type { ApiKeyFacts } from './api-keys/key-facts.js';
export {
  bcryptKeys,
  type LegacyKey,
  type LegacyKeys,
  type StoredLegacyKey,
  sha256Keys,
} from './api-keys/legacy-keys.js';
export type { NewApiKey } from './api-keys/new-api-key.js';
export { type NewPersonalToken, PersonalTokenService } from './api-keys/personal-token-service.js';
export {
  PortcullisPersonalTokensModule,
  type PortcullisPersonalTokensOptions,
} from './api-keys/personal-tokens.module.js';

// What stores list.
export { type Listed, listed, type PagePosition } from './page-cursor.js';

// What is refused all the same, and who.
export type { IssuerRevocationDetails, RevocationDetails } from './revocation/new-revocation.js';
export { RevocationService } from './revocation/revocation-service.js';
export type { KnownRevocation, Revocation, RevocationStore } from './revocation/revocation.store.js';
export type { RevocationPage } from './revocation/revocation.store.js';
export type { ActiveBan } from './bans/active-bans.js';
export type { BanProposal } from './bans/ban-proposal.js';
export type { BanFilter, BanPage } from './bans/ban-query.js';
export { ChallengePasses } from './bans/challenge-passes.js';
export type { BanDetails, BanLifting } from './bans/ban-details.js';
export { BanService } from './bans/ban-service.js';
export { BanExempt, Honeypot, Strikes } from './bans/ban.decorator.js';
export type { HandlerStrikes } from './bans/ban-traits.js';
export type { ActiveBanQuery, Ban, BanQuery, BanRecord, BanStore, Strike } from './bans/ban.store.js';
export type { DnsResolver } from './bans/crawlers/crawler-lookup.js';
export { DEFAULT_CRAWLERS, type KnownCrawler } from './bans/crawlers/known-crawlers.js';
export { DEFAULT_STRIKE_RULES } from './bans/default-strike-rules.js';
export { BanExport } from './bans/lists/ban-export.js';
export type { BanFeedStatus } from './bans/lists/ban-feed.js';
export { BanFeedOptions } from './bans/lists/ban-feed.options.js';
export { BanFeeds, type FeedMatch } from './bans/lists/ban-feeds.js';
export {
  BAN_LIST_FORMATS,
  type BanList,
  type BanListFormat,
  type BanListProblem,
  type ListedNetwork,
} from './bans/lists/ban-list.js';
export {
  BAN_EXPORT_FORMATS,
  type BanExportFormat,
  type BanToList,
  formatBanList,
} from './bans/lists/format-ban-list.js';
export { parseBanList, parseLongBanList } from './bans/lists/parse-ban-list.js';
export type { OriginCondition, OriginMatch } from './bans/origins/origin-conditions.js';
export type { OriginReader } from './bans/origins/origin-reader.js';
export type {
  SharedAddress,
  SharedAddressQuery,
  SharedAddressStore,
} from './bans/shared-addresses/shared-address.store.js';
export type { StrikeLimiter } from './bans/limited-sums.js';
export type { PayloadPattern } from './bans/signatures/payload-signature.js';
export type { StrikeMatch, StrikeRule } from './bans/strike-rules.js';

// How often callers may call.
export type { CountedBy, RouteLimit } from './rate-limits/handler-limits.js';
export { RateLimit, RateLimitExempt } from './rate-limits/rate-limit.decorator.js';
export { RateLimitOptions } from './rate-limits/rate-limits.options.js';
export type { RateLimiter } from './rate-limits/request-counter.js';
export type { RequestLimit } from './rate-limits/request-limit.js';

// What is kept, and what instances publish for each other.
export type { AuditFilter, AuditPage } from './audit/audit-query.js';
export { AuditTrail } from './audit/audit-trail.js';
export { AUDIT_NAMES, type AuditEntry, type AuditQuery, type AuditStore } from './audit/audit.store.js';
export {
  type ChangeDefinition,
  type ChangeKind,
  type ChangeKinds,
  type ChangeOf,
  type ChangeRules,
  defineChange,
} from './replication/change-definition.js';
export type {
  Change,
  ChangeFeed,
  ChangeFollower,
  OpenTransaction,
  StopFollowing,
} from './replication/change-feed.js';
export { formatChange, parseChange } from './replication/change-text.js';
export type { Replica } from './replication/replica-follower.js';
export { Replicator } from './replication/replicator.js';
export type { TokenMisuse } from './reactions/misuse-events.js';

// Routes that an app may import.
export {
  PortcullisLeakReportsModule,
  type PortcullisLeakReportsOptions,
} from './leaks/leak-reports.module.js';
export { PortcullisAdminModule, type PortcullisAdminOptions } from './admin/admin.module.js';

// Guards, and strategies of Passport.
export { AccessGuard } from './guard/access.guard.js';
export { answerProblem, problemOf } from './guard/answer-problem.js';
export { ApiKeyGuard } from './guard/api-key.guard.js';
export { IpBanInterceptor } from './guard/ip-ban.interceptor.js';
export { JwtGuard } from './guard/jwt.guard.js';
export type { InputLimits } from './routes/input-excess.js';
export { InputLimitsGuard } from './routes/input-limits.guard.js';
export type { MessageError } from './guard/message-errors.js';
export type { Problem } from './guard/problem-details.js';
export { ProblemFilter } from './guard/problem.filter.js';
export { ApiKeyStrategy } from './passport/api-key-strategy.js';
export { JwtStrategy } from './passport/jwt-strategy.js';

// Health.
export { type HealthReport, type HealthStatus, PortcullisHealth } from './health/portcullis-health.js';

export * from './mfa/public.js';
export * from './oauth/public.js';
export type { PasswordHasher } from './passwords/password-hasher.js';
export { PasswordVerifier } from './passwords/password-verifier.js';
export { PasswordOptions } from './passwords/password.options.js';
export type { ReplaySet } from './replay/replay-set.js';
export * from './sessions/public.js';
export { Shutdown, type ShutdownWork } from './shutdown/shutdown.js';

// Stores in memory.
export * from './stores/public.js';
export { MemoryReplaySet } from './replay/memory-replay-set.js';
export type { MaybePromise } from './async/maybe-promise.js';

// What the rooms add to the open types (events, refusals, changes, traits of handlers) comes with these modules.
export type {} from './api-keys/api-key-changes.js';
export type {} from './api-keys/api-key-events.js';
export type {} from './api-keys/api-key-refusals.js';
export type {} from './bans/attempt-refusals.js';
export type {} from './bans/ban-changes.js';
export type {} from './bans/ban-events.js';
export type {} from './bans/ban-refusals.js';
export type {} from './bans/ban-traits.js';
export type {} from './binding/binding-refusals.js';
export type {} from './binding/message-signature-refusals.js';
export type {} from './leaks/leak-refusals.js';
export type {} from './rate-limits/rate-limit-refusals.js';
export type {} from './rate-limits/rate-limit-traits.js';
export type {} from './replication/replication-events.js';
export type {} from './request/request-events.js';
export type {} from './revocation/revocation-changes.js';
export type {} from './revocation/revocation-events.js';
