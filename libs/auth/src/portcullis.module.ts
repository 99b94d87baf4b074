import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessRules } from './access/access-rules.js';
import { ApiKeyAuthenticator } from './api-keys/api-key-authenticator.js';
import { ApiKeyQuota } from './api-keys/api-key-quota.js';
import { ApiKeyService } from './api-keys/api-key-service.js';
import { ApiKeyUsage } from './api-keys/api-key-usage.js';
import { ApiKeyVerifier } from './api-keys/api-key-verifier.js';
import { LegacyAdoption } from './api-keys/legacy-adoption.js';
import { PersonalTokenService } from './api-keys/personal-token-service.js';
import { AuditTrail } from './audit/audit-trail.js';
import { BanCheck } from './bans/ban-check.js';
import { BanExemptions } from './bans/ban-exemptions.js';
import { BanService } from './bans/ban-service.js';
import { BanExport } from './bans/lists/ban-export.js';
import { BanFeeds } from './bans/lists/ban-feeds.js';
import { StrikeJudge } from './bans/strike-judge.js';
import { RequireTls } from './credentials/require-tls.js';
import { SecurityEvents } from './events/security-events.js';
import { SecurityLog } from './events/security-log.js';
import { AccessGuard } from './guard/access.guard.js';
import { ApiKeyGuard } from './guard/api-key.guard.js';
import { Entrance } from './guard/entrance.js';
import { Gatekeeper } from './guard/gatekeeper.js';
import { GlobalIpBans } from './guard/global-ip-bans.js';
import { IpBanInterceptor } from './guard/ip-ban.interceptor.js';
import { JwtGuard } from './guard/jwt.guard.js';
import { ProblemFilter } from './guard/problem.filter.js';
import { UnsupportedContexts } from './guard/unsupported-contexts.js';
import { PortcullisHealth } from './health/portcullis-health.js';
import { ClientIp } from './net/client-ip.js';
import { ApiKeyStrategy } from './passport/api-key-strategy.js';
import { JwtStrategy } from './passport/jwt-strategy.js';
import { PassportRegistration } from './passport/passport-registration.js';
import {
  PORTCULLIS_OPTIONS,
  type PortcullisOptions,
  type ResolvedOptions,
  resolveOptions,
} from './portcullis.options.js';
import { MisuseReactions } from './reactions/misuse-reactions.js';
import { Replicator } from './replication/replicator.js';
import { bySharedClock } from './replication/shared-clock.js';
import { RequestLifecycle } from './request/request-lifecycle.js';
import { RevocationService } from './revocation/revocation-service.js';
import { CacheableInterceptor } from './routes/cacheable.interceptor.js';
import { MemoryApiKeyStore } from './stores/memory/memory-api-key.store.js';
import { MemoryBanStore } from './stores/memory/memory-ban.store.js';
import { MemoryRevocationStore } from './stores/memory/memory-revocation.store.js';
import { KeyRing } from './tokens/key-ring.js';
import { TokenIssuer } from './tokens/token-issuer.js';
import { TokenVerifier } from './tokens/token-verifier.js';
import { TrustedIssuers } from './tokens/trusted-issuers.js';
import { WellKnownController } from './well-known/well-known.controller.js';

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
  RequestLifecycle,
  AccessRules,
  BanCheck,
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
        MisuseReactions,
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
