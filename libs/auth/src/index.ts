export {
  AnyScope,
  Public,
  type PublicOptions,
  RequireApp,
  RequireClaims,
  RequireUser,
  RequireUserOrApp,
  Scopes,
} from './access/access.decorator.js';
export type { ClaimsDemand } from './tokens/claims-demand.js';
export { AccessGuard } from './guard/access.guard.js';
export { PortcullisAdminModule, type PortcullisAdminOptions } from './admin/admin.module.js';
export { ApiKeyGuard } from './guard/api-key.guard.js';
export {
  apiKeyPattern,
  type FoundApiKey,
  findApiKeys,
  MAX_API_KEY_LENGTH,
} from './api-keys/api-key-format.js';
export {
  type ApiKeyFilter,
  type ApiKeyPage,
  type ApiKeyRevocation,
  type ApiKeyRotation,
  ApiKeyService,
  type CreatedApiKey,
} from './api-keys/api-key-service.js';
export {
  API_KEY_STATES,
  type ApiKeyDetails,
  type ApiKeyHolder,
  type ApiKeyInfo,
  type ApiKeyQuery,
  type ApiKeyRecord,
  type ApiKeySelection,
  type ApiKeyState,
  type ApiKeyStore,
  type ApiKeyUse,
  type RateLimit,
  stateOf,
} from './api-keys/api-key.store.js';
export { ApiKeyStrategy } from './passport/api-key-strategy.js';
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
export type { AuditFilter, AuditPage } from './audit/audit-query.js';
export { AUDIT_NAMES, type AuditEntry, type AuditQuery, type AuditStore } from './audit/audit.store.js';
export { AuditTrail } from './audit/audit-trail.js';
export { AUDITED_TYPES, type AuditedType } from './audit/audited-events.js';
export { BanExempt, type HandlerStrikes, Honeypot, Strikes } from './bans/ban.decorator.js';
export { type BanDetails, BanService } from './bans/ban-service.js';
export type { BanFilter, BanPage } from './bans/ban-query.js';
export type { Ban, BanQuery, BanRecord, BanStore, Strike } from './bans/ban.store.js';
export type { BanProposal } from './bans/ban-proposal.js';
export type { ActiveBan } from './bans/active-bans.js';
export { DEFAULT_STRIKE_RULES } from './bans/default-strike-rules.js';
export type { StrikeLimiter } from './bans/strike-counter.js';
export type { StrikeMatch, StrikeRule } from './bans/strike-rules.js';
export { IpBanInterceptor } from './guard/ip-ban.interceptor.js';
export type { BanFeedStatus } from './bans/lists/ban-feed.js';
export { BanFeedOptions } from './bans/lists/ban-feed.options.js';
export { BanFeeds, type FeedMatch } from './bans/lists/ban-feeds.js';
export { BanExport } from './bans/lists/ban-export.js';
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
export { parseBanList } from './bans/lists/parse-ban-list.js';
export {
  type CredentialKind,
  InputError,
  PortcullisConfigurationError,
  PortcullisError,
  type RefusalCode,
  type RefusalDetails,
} from './errors.js';
export {
  type Actor,
  type Leak,
  type RequestFacts,
  type SecurityEvent,
  type SecurityEventListener,
  SecurityEvents,
  type TokenMisuse,
} from './events/security-events.js';
export { type HealthReport, type HealthStatus, PortcullisHealth } from './health/portcullis-health.js';
export { CurrentApp, CurrentUser } from './request/current-identity.decorator.js';
export {
  AppIdentity,
  type AppIdentityInit,
  type Identity,
  UserIdentity,
  type UserIdentityInit,
} from './identity/identity.js';
export {
  PortcullisLeakReportsModule,
  type PortcullisLeakReportsOptions,
} from './leaks/leak-reports.module.js';
export { type PortcullisAsyncOptions, PortcullisModule } from './portcullis.module.js';
export type { PortcullisOptions, Stores } from './portcullis.options.js';
export type { Change, ChangeFeed, ChangeFollower, StopFollowing } from './replication/change-feed.js';
export { formatChange, parseChange } from './replication/change-text.js';
export { type RevocationDetails, RevocationService } from './revocation/revocation-service.js';
export type { Revocation, RevocationStore } from './revocation/revocation.store.js';
export { MemoryApiKeyStore } from './stores/memory/memory-api-key.store.js';
export { MemoryAuditStore } from './stores/memory/memory-audit.store.js';
export { MemoryBanStore } from './stores/memory/memory-ban.store.js';
export { MemoryRevocationStore } from './stores/memory/memory-revocation.store.js';
export { MemorySigningKeyStore } from './stores/memory/memory-signing-key.store.js';
export type { IssuerProfileName } from './tokens/issuer-profile.js';
export { JwtGuard } from './guard/jwt.guard.js';
export { JwtStrategy } from './passport/jwt-strategy.js';
export { KeyRing } from './tokens/key-ring.js';
export type { SigningKeyStore, StoredSigningKey } from './tokens/signing-key.store.js';
export { type IssuedToken, type NewToken, TokenIssuer } from './tokens/token-issuer.js';
export type { AsymmetricAlgorithm, TokenAlgorithm } from './tokens/verification-key.js';
