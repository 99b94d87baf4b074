import {
  type CanActivate,
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  Optional,
  type Provider,
  type Type,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  DiscoveryModule,
  DiscoveryService,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import { AccessRules } from '../access/access-rules.js';
import { definitionProblems } from '../access/definition-problems.js';
import { MODULE_IN_CHARGE } from '../access/missing-module.guard.js';
import { strayDeclarations } from '../access/stray-declarations.js';
import { ADMIN_SETTINGS } from '../admin/admin-settings.js';
import { API_KEY_SETTINGS } from '../api-keys/api-key-settings.js';
import { AUDIT_SETTINGS } from '../audit/audit-settings.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { BAN_SETTINGS } from '../bans/ban-settings.js';
import { BINDING_SETTINGS } from '../binding/binding-settings.js';
import { CredentialCheck } from '../credentials/credential-check.js';
import { CREDENTIAL_SETTINGS } from '../credentials/credential-settings.js';
import { PortcullisConfigurationError } from '../errors.js';
import { SecurityEvents } from '../events/security-events.js';
import { SecurityLog } from '../events/security-log.js';
import { AccessGuard } from '../guard/access.guard.js';
import { ApiKeyGuard } from '../guard/api-key.guard.js';
import { ENTRANCE_PROVIDERS } from '../guard/entrance-providers.js';
import { Gatekeeper } from '../guard/gatekeeper.js';
import { GlobalGuard } from '../guard/global.guard.js';
import { GlobalIpBans } from '../guard/global-ip-bans.js';
import { GUARD_SETTINGS, type GuardSettings } from '../guard/guard-settings.js';
import { HandPlacedGuards } from '../guard/hand-placed-guards.js';
import { HandlerRefusals } from '../guard/handler-refusals.js';
import { HandlerRequests } from '../guard/handler-requests.js';
import { IpBanInterceptor } from '../guard/ip-ban.interceptor.js';
import { JwtGuard } from '../guard/jwt.guard.js';
import { MountedServers } from '../guard/mounted-servers.js';
import { OverriddenGuard } from '../guard/overridden-guard.js';
import { ProblemFilter } from '../guard/problem.filter.js';
import { ProblemDetails } from '../guard/problem-details.js';
import { UnsupportedContexts } from '../guard/unsupported-contexts.js';
import { WellKnown } from '../guard/well-known.js';
import { PortcullisHealth } from '../health/portcullis-health.js';
import { LEAK_SETTINGS } from '../leaks/leak-settings.js';
import { MFA_SETTINGS } from '../mfa/mfa-settings.js';
import { ClientIp } from '../net/client-ip.js';
import { PublicOrigins } from '../net/public-origins.js';
import { OAUTH_SETTINGS } from '../oauth/oauth-settings.js';
import { ApiKeyStrategy } from '../passport/api-key-strategy.js';
import { JwtStrategy } from '../passport/jwt-strategy.js';
import { PassportRegistration } from '../passport/passport-registration.js';
import { PASSPORT_SETTINGS } from '../passport/passport-settings.js';
import { PASSWORD_SETTINGS } from '../passwords/password-settings.js';
import { RATE_LIMIT_SETTINGS } from '../rate-limits/rate-limit-settings.js';
import { REACTION_SETTINGS } from '../reactions/reaction-settings.js';
import { REPLICATION_SETTINGS } from '../replication/replication-settings.js';
import { Replicator } from '../replication/replicator.js';
import { bySharedClock } from '../replication/shared-clock.js';
import { ProxyNotice } from '../request/proxy-notice.js';
import { RequestLifecycle } from '../request/request-lifecycle.js';
import { REQUEST_SETTINGS } from '../request/request-settings.js';
import { RevocationService } from '../revocation/revocation-service.js';
import { REVOCATION_SETTINGS } from '../revocation/revocation-settings.js';
import { OWN_ROUTES_GUARD } from '../routes/own-routes.guard.js';
import { SESSION_SETTINGS } from '../sessions/session-settings.js';
import { Shutdown } from '../shutdown/shutdown.js';
import { TOKEN_SETTINGS } from '../tokens/token-settings.js';
import { FurtherDocuments } from '../well-known/further-documents.js';
import { WellKnownDocuments } from '../well-known/well-known-documents.js';
import { WELL_KNOWN_SETTINGS } from '../well-known/well-known-settings.js';
import { BeforeRoutes } from './before-routes.js';
import { BUILT_IN_EXTENSIONS } from './built-in-extensions.js';
import {
  demandAsyncOptions,
  givenOptions,
  optionsMadeBy,
  type PortcullisAsyncOptions,
} from './given-options.js';
import { HTTP } from './http-extension.js';
import type { PortcullisOptions, ResolvedOptions } from './portcullis.options.js';
import { registrationProblems } from './registered-once.js';
import { registeredProviders } from './registered-providers.js';
import { Registrations } from './registrations.js';
import { RESOLVED_OPTIONS, resolveOptions } from './resolve-options.js';
import { ShutdownSequence } from './shutdown-sequence.js';
import { StorageNotice } from './storage-notice.js';

/** What {@link PortcullisModule.forRoot} is given besides the options. */
export type PortcullisModuleOptions = PortcullisOptions & Pick<PortcullisAsyncOptions, 'extensions'>;

/** What the rooms read of the options. Each has declared it by itself, and gets no more than that to see. */
const SETTINGS = [
  ADMIN_SETTINGS,
  API_KEY_SETTINGS,
  AUDIT_SETTINGS,
  BAN_SETTINGS,
  BINDING_SETTINGS,
  CREDENTIAL_SETTINGS,
  GUARD_SETTINGS,
  LEAK_SETTINGS,
  MFA_SETTINGS,
  OAUTH_SETTINGS,
  PASSPORT_SETTINGS,
  PASSWORD_SETTINGS,
  RATE_LIMIT_SETTINGS,
  REACTION_SETTINGS,
  REPLICATION_SETTINGS,
  REQUEST_SETTINGS,
  REVOCATION_SETTINGS,
  SESSION_SETTINGS,
  TOKEN_SETTINGS,
  WELL_KNOWN_SETTINGS,
];

/** What stands on no extension. */
const CORE: Provider[] = [
  AccessRules,
  AuditTrail,
  BeforeRoutes,
  CredentialCheck,
  FurtherDocuments,
  Gatekeeper,
  HandlerRefusals,
  HandlerRequests,
  HandPlacedGuards,
  MountedServers,
  PortcullisHealth,
  ProblemDetails,
  ProxyNotice,
  Replicator,
  RequestLifecycle,
  RevocationService,
  SecurityEvents,
  Shutdown,
  {
    provide: ClientIp,
    inject: [RESOLVED_OPTIONS],
    useFactory: (options: ResolvedOptions) => new ClientIp(options),
  },
  {
    provide: PublicOrigins,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ publicOrigins }: ResolvedOptions) => new PublicOrigins(publicOrigins),
  },
  { provide: MODULE_IN_CHARGE, useValue: MODULE_IN_CHARGE },
  {
    provide: OWN_ROUTES_GUARD,
    inject: [GUARD_SETTINGS, AccessGuard],
    useFactory: ({ globalGuard }: GuardSettings, guard: CanActivate) => (globalGuard ? LET_THROUGH : guard),
  },
];

/** What `@UseGuards`, `@UseInterceptors` and `@UseFilters` construct in the modules that use them. */
const ENHANCERS: Type[] = [AccessGuard, JwtGuard, ApiKeyGuard, IpBanInterceptor, ProblemFilter];

/** Does its work by being there; nobody outside injects it. */
const SILENT: Type[] = [
  ApiKeyStrategy,
  ...ENTRANCE_PROVIDERS,
  GlobalIpBans,
  JwtStrategy,
  PassportRegistration,
  SecurityLog,
  ShutdownSequence,
  StorageNotice,
  UnsupportedContexts,
  WellKnown,
  WellKnownDocuments,
];

/** Guards a whole app: import what {@link forRoot} returns once, in the root module. */
@Module({})
export class PortcullisModule implements NestModule {
  /** @throws PortcullisConfigurationError where the class itself is imported, and no options are there */
  constructor(@Optional() @Inject(BeforeRoutes) private readonly beforeRoutes?: BeforeRoutes) {
    if (beforeRoutes === undefined)
      throw new PortcullisConfigurationError([
        'PortcullisModule is imported without options: write PortcullisModule.forRoot({ … }) into the imports of the root module',
      ]);
  }

  /** Nest calls it when everything is constructed and no route is made. */
  configure(): void {
    this.beforeRoutes?.prepare();
  }

  /** @throws PortcullisConfigurationError when the app boots, naming every option that is wrong */
  static forRoot(given: PortcullisModuleOptions): DynamicModule {
    const { extensions = [], ...options } = givenOptions('forRoot', given);
    return PortcullisModule.forRootAsync({ extensions, useFactory: () => options });
  }

  /** Like {@link forRoot}, with options made from other providers, such as a configuration service. */
  static forRootAsync(given: PortcullisAsyncOptions): DynamicModule {
    demandAsyncOptions(given);
    const { useFactory, inject = [], imports = [], extensions = [] } = given;
    const registrations = new Registrations([...BUILT_IN_EXTENSIONS, HTTP, ...extensions]);
    const shared = [
      ...SETTINGS.map((provide) => ({ provide, useExisting: RESOLVED_OPTIONS })),
      ...CORE,
      ...ENHANCERS,
      ...registeredProviders(registrations),
    ];
    return {
      module: PortcullisModule,
      global: true,
      imports: [DiscoveryModule, ...imports],
      providers: [
        {
          provide: RESOLVED_OPTIONS,
          inject: [SecurityEvents, DiscoveryService, MetadataScanner, ModulesContainer, ...inject],
          useFactory: async (
            events: SecurityEvents,
            discovery: DiscoveryService,
            scanner: MetadataScanner,
            modules: ModulesContainer,
            ...dependencies: never[]
          ) => {
            const made = await optionsMadeBy(useFactory, dependencies);
            // What handlers of other contexts look like is known to whoever registers these alone.
            const hasOnlyHttp = registrations.contexts.every(([name]) => name === 'http');
            const problems = [
              ...registrationProblems(modules),
              ...definitionProblems(discovery, scanner),
              ...(hasOnlyHttp ? strayDeclarations(discovery, scanner) : []),
            ];
            return bySharedClock(resolveOptions(made, registrations, problems), events);
          },
        },
        ...shared,
        ...SILENT,
        ...GLOBAL_ENHANCERS,
      ],
      exports: shared,
    };
  }
}

const LET_THROUGH: CanActivate = { canActivate: () => true };

const GLOBAL_ENHANCERS: Provider[] = [
  {
    provide: APP_GUARD,
    inject: [GUARD_SETTINGS, AccessGuard, HandlerRequests, HandPlacedGuards],
    useFactory: (
      { globalGuard }: GuardSettings,
      guard: CanActivate,
      requests: HandlerRequests,
      handPlaced: HandPlacedGuards,
    ) => {
      if (!globalGuard) return handPlaced;
      return guard instanceof AccessGuard
        ? new GlobalGuard(guard, requests)
        : new OverriddenGuard(guard, requests);
    },
  },
  { provide: APP_FILTER, useExisting: ProblemFilter },
];
