import { type DynamicModule, type Type, UseGuards } from '@nestjs/common';
import { RequireUser } from '../access/access.decorator.js';
import {
  aFlag,
  aFunction,
  aPath,
  aText,
  demandOptions,
  type OptionChecks,
  optional,
  partsOf,
} from '../routes/module-options.js';
import { mountAt } from '../routes/mount-at.js';
import { RouteModule, registered } from '../routes/route-module.js';
import { LOGIN, type LoginDemand } from '../tokens/login-demand.js';
import { RequireLogin } from '../tokens/require-login.decorator.js';
import { AllTenantsGuard } from './all-tenants.guard.js';
import { ApiKeysAdminController, GRANTABLE, type Grantable } from './api-keys.admin.controller.js';
import { AuditAdminController } from './audit.admin.controller.js';
import { BansAdminController } from './bans.admin.controller.js';
import { ClientsAdminController } from './clients.admin.controller.js';
import { FactorsAdminController } from './factors.admin.controller.js';
import { KEY_ADMIN_RULES, KeyAdminBounds, type KeyAdminRules } from './key-admin-bounds.js';
import { RevocationsAdminController } from './revocations.admin.controller.js';
import { SessionsAdminController } from './sessions.admin.controller.js';
import { UserAdminBounds } from './user-admin-bounds.js';

export interface PortcullisAdminOptions {
  /** The path in front of `api-keys`, `bans`, `revocations`, `sessions`, `factors`, `clients` and `audit`. By default `admin`. */
  readonly path?: string;
  /** The scopes that a user needs. */
  readonly scopes?: {
    /** By default `keys:admin`. */
    readonly apiKeys?: string;
    /** What an admin of clients, and one without a tenant, needs besides where `tenantClaim` is set. By default `tenants:admin`. */
    readonly allTenants?: string;
    /** By default `bans:admin`. */
    readonly bans?: string;
    /** By default `tokens:admin`. */
    readonly revocations?: string;
    /** By default `sessions:admin`. */
    readonly sessions?: string;
    /** By default `factors:admin`. */
    readonly factors?: string;
    /** By default `clients:admin`. */
    readonly clients?: string;
    /** By default `audit:read`. */
    readonly audit?: string;
  };
  /** The scopes that an admin may give to keys and clients, with wildcards. By default those that they have themselves. */
  readonly grantable?: Grantable;
  /**
   * How whoever ends what others have must have logged in, such as `{ acr: 'mfa', maxAgeSeconds: 300 }`: who revokes keys or tokens, lifts,
   * clears or imports bans, ends sessions, removes second factors, or disables or deletes clients. One by one as well, since a list of them is soon at its end. By
   * default that is not asked.
   */
  readonly dangerous?: LoginDemand;
  /** Whether personal tokens may make and rotate keys and clients. By default not: such a key lives on when its maker is revoked. */
  readonly personalTokensMakeKeys?: boolean;
}

/**
 * Routes for people who administer keys, bans, revocations, sessions, second factors and OAuth clients, and who read the audit log. Import it
 * where such routes are wanted.
 */
@RouteModule()
export class PortcullisAdminModule {
  /** @throws PortcullisConfigurationError naming what is wrong */
  static register(given: PortcullisAdminOptions = {}): DynamicModule {
    demandOptions<PortcullisAdminOptions>(PortcullisAdminModule.name, given, OPTIONS);
    const {
      path = 'admin',
      scopes = {},
      grantable = (user) => user.scopes,
      personalTokensMakeKeys = false,
      dangerous,
    } = given;
    const mount = (controller: Type, name: string, scope: string, ...methods: readonly string[]) =>
      demanding(mountAt(`${path}/${name}`, controller), scope, dangerous, methods);
    const rules: KeyAdminRules = { allTenants: scopes.allTenants ?? 'tenants:admin', personalTokensMakeKeys };
    return registered({
      module: PortcullisAdminModule,
      providers: [
        { provide: GRANTABLE, useValue: grantable },
        { provide: KEY_ADMIN_RULES, useValue: rules },
        KeyAdminBounds,
        UserAdminBounds,
      ],
      controllers: [
        mount(ApiKeysAdminController, 'api-keys', scopes.apiKeys ?? 'keys:admin', 'revoke', 'revokeAll'),
        mount(BansAdminController, 'bans', scopes.bans ?? 'bans:admin', 'unban', 'clear', 'import'),
        mount(RevocationsAdminController, 'revocations', scopes.revocations ?? 'tokens:admin', 'revoke'),
        mount(SessionsAdminController, 'sessions', scopes.sessions ?? 'sessions:admin', 'end', 'endAll'),
        mount(FactorsAdminController, 'factors', scopes.factors ?? 'factors:admin', 'remove'),
        ofNoTenant(
          mount(ClientsAdminController, 'clients', scopes.clients ?? 'clients:admin', 'disable', 'delete'),
        ),
        mount(AuditAdminController, 'audit', scopes.audit ?? 'audit:read'),
      ],
    });
  }
}

const aScope = optional(aText);

function aLoginDemand(value: unknown, name: string): string[] {
  const problem = LOGIN.problemOf?.(value as LoginDemand);
  return problem === undefined ? [] : [`${name} ${problem}`];
}

const OPTIONS: OptionChecks<PortcullisAdminOptions> = {
  path: optional(aPath),
  scopes: optional(
    partsOf<NonNullable<PortcullisAdminOptions['scopes']>>({
      apiKeys: aScope,
      allTenants: aScope,
      bans: aScope,
      revocations: aScope,
      sessions: aScope,
      factors: aScope,
      clients: aScope,
      audit: aScope,
    }),
  ),
  grantable: optional(aFunction),
  dangerous: optional(aLoginDemand),
  personalTokensMakeKeys: optional(aFlag),
};

/**
 * Who may call stands here alone.
 *
 * @param dangerous what some methods demand besides
 */
function demanding(
  mounted: Type,
  scope: string,
  dangerous: LoginDemand | undefined,
  methods: readonly string[],
): Type {
  RequireUser(scope)(mounted);
  // Said of this class alone, and not of the function, which the routes of another app in the process share.
  if (dangerous !== undefined)
    for (const method of methods) RequireLogin(dangerous)(mounted.prototype, method, {});
  return mounted;
}

/** Behind the guard that says who asks. */
function ofNoTenant(mounted: Type): Type {
  UseGuards(AllTenantsGuard)(mounted);
  return mounted;
}
