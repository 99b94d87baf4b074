import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { INSUFFICIENT_SCOPE, PortcullisError } from '../errors.js';
import { identityOf } from '../request/identity-of.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';
import { KEY_ADMIN_RULES, type KeyAdminRules } from './key-admin-bounds.js';

/** Guards what is of no tenant, such as OAuth clients: where tenants are used, it is for those who administer all of them. */
@Injectable()
export class AllTenantsGuard implements CanActivate {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly settings: AdminSettings,
    @Inject(KEY_ADMIN_RULES) private readonly rules: KeyAdminRules,
  ) {}

  /** @throws PortcullisError `insufficient_scope` */
  canActivate(host: ExecutionContext): true {
    const { allTenants } = this.rules;
    const isAllowed =
      this.settings.tenantClaim === undefined ||
      identityOf(host.switchToHttp().getRequest()).user?.hasScope(allTenants) === true;
    if (isAllowed) return true;
    throw new PortcullisError(INSUFFICIENT_SCOPE, `this is of no tenant, and the admin lacks ${allTenants}`, {
      scope: allTenants,
    });
  }
}
