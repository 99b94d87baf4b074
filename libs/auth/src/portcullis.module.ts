import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessGuard } from './access/access.guard.js';
import { AccessRules } from './access/access-rules.js';
import { Gatekeeper } from './access/gatekeeper.js';
import { UnsupportedContexts } from './access/unsupported-contexts.js';
import { ApiKeyAuthenticator } from './api-keys/api-key.authenticator.js';
import { ApiKeyGuard } from './api-keys/api-key.guard.js';
import { ApiKeyQuota } from './api-keys/api-key.quota.js';
import { ApiKeyService } from './api-keys/api-key.service.js';
import { ApiKeyStrategy } from './api-keys/api-key.strategy.js';
import { ApiKeyUsage } from './api-keys/api-key.usage.js';
import { ApiKeyVerifier } from './api-keys/api-key.verifier.js';
import { LegacyAdoption } from './api-keys/legacy-adoption.js';
import { PersonalTokenService } from './api-keys/personal-token.service.js';
import { AuditTrail } from './audit/audit.trail.js';
import { BanService } from './bans/ban.service.js';
import { BanExemptions } from './bans/ban-exemptions.js';
import { ClientIp } from './bans/client-ip.js';
import { GlobalIpBans } from './bans/global-ip-bans.js';
import { IpBanInterceptor } from './bans/ip-ban.interceptor.js';
import { IpBanMiddleware } from './bans/ip-ban.middleware.js';
import { BanExport } from './bans/lists/ban-export.js';
import { BanFeeds } from './bans/lists/ban-feeds.js';
import { StrikeJudge } from './bans/strike-judge.js';
import { SecurityEvents } from './events/security-events.js';
import { SecurityLog } from './events/security-log.js';
import { PortcullisHealth } from './health/portcullis-health.js';
import { CacheableInterceptor } from './http/cacheable.interceptor.js';
import { Entrance } from './http/entrance.js';
import { Exchanges } from './http/exchanges.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RequireTls } from './http/require-tls.js';
import { PassportRegistration } from './identity/passport-registration.js';
import {
  PORTCULLIS_OPTIONS,
  type PortcullisOptions,
  type ResolvedOptions,
  resolveOptions,
} from './portcullis.options.js';
import { Replicator } from './replication/replicator.js';
import { bySharedClock } from './replication/shared-clock.js';
import { Misuse } from './revocation/misuse.js';
import { RevocationService } from './revocation/revocation.service.js';
import { MemoryApiKeyStore } from './stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from './stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from './stores/memory/memory-revocation.store.js';
import { JwtGuard } from './tokens/jwt.guard.js';
import { JwtStrategy } from './tokens/jwt.strategy.js';
import { KeyRing } from './tokens/key-ring.js';
import { TokenIssuer } from './tokens/token-issuer.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { TrustedIssuers } from './tokens/trusted-issuers.js';
import { WellKnownController } from './tokens/well-known.controller.js';

export interface PortcullisAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Makes the options, from what `inject` names. */
  readonly useFactory: (...dependencies: never[]) => PortcullisOptions | Promise<PortcullisOptions>;
  /** What the factory is given. */
  readonly inject?: FactoryProvider['inject'];
}

/** What an app may inject. */
const SERVICES: Type[] = [
  ApiKeyService,
  PersonalTokenService,
  BanService,
  BanFeeds,
  BanExport,
  RevocationService,
  TokenIssuer,
  KeyRing,
  SecurityEvents,
  AuditTrail,
  PortcullisHealth,
];

/** What `@UseGuards` and `@UseInterceptors` construct in the modules that use them. */
const ENHANCERS: Type[] = [AccessGuard, JwtGuard, ApiKeyGuard, IpBanInterceptor];
const NEEDED_BY_ENHANCERS: Type[] = [
  Gatekeeper,
  Exchanges,
  AccessRules,
  IpBanMiddleware,
  BanExemptions,
  Replicator,
  StrikeJudge,
  ClientIp,
];

/** Guards a whole app: import it once, in the root module. */
@Module({})
export class PortcullisModule {
  /** @throws PortcullisConfigurationError when the app boots, naming every option that is wrong */
  static forRoot(options: PortcullisOptions): DynamicModule {
    return PortcullisModule.forRootAsync({ useFactory: () => options });
  }

  /** Like {@link forRoot}, with options made from other providers, such as a configuration service. */
  static forRootAsync({ useFactory, inject = [], imports = [] }: PortcullisAsyncOptions): DynamicModule {
    return {
      module: PortcullisModule,
      global: true,
      imports: [DiscoveryModule, ...imports],
      controllers: [WellKnownController],
      providers: [
        {
          provide: PORTCULLIS_OPTIONS,
          inject: [SecurityEvents, ...inject],
          useFactory: async (events: SecurityEvents, ...dependencies: never[]) =>
            bySharedClock(resolveOptions(await useFactory(...dependencies), memoryStores()), events),
        },
        ...SERVICES,
        ...ENHANCERS,
        ...NEEDED_BY_ENHANCERS,
        ApiKeyAuthenticator,
        ApiKeyQuota,
        ApiKeyStrategy,
        ApiKeyUsage,
        ApiKeyVerifier,
        Entrance,
        CacheableInterceptor,
        GlobalIpBans,
        JwtStrategy,
        LegacyAdoption,
        Misuse,
        PassportRegistration,
        ProblemFilter,
        RequireTls,
        SecurityLog,
        TokenVerifier,
        TrustedIssuers,
        UnsupportedContexts,
        ...GLOBAL_ENHANCERS,
      ],
      exports: [PORTCULLIS_OPTIONS, ...SERVICES, ...ENHANCERS, ...NEEDED_BY_ENHANCERS],
    };
  }
}

const LET_THROUGH = { canActivate: () => true };

const GLOBAL_ENHANCERS: Provider[] = [
  {
    provide: APP_GUARD,
    inject: [PORTCULLIS_OPTIONS, AccessGuard],
    useFactory: ({ globalGuard }: ResolvedOptions, guard: AccessGuard) => (globalGuard ? guard : LET_THROUGH),
  },
  { provide: APP_FILTER, useExisting: ProblemFilter },
];

function memoryStores() {
  return {
    apiKeys: new MemoryApiKeyStore(),
    bans: new MemoryBanStore(),
    revocations: new MemoryRevocationStore(),
  };
}
