import { Inject, Injectable } from '@nestjs/common';
import { demandAccessToken } from '../api-keys/demand-access-token.js';
import { KEY_MAKER_CHECK, type KeyMakerCheck } from '../api-keys/key-maker-check.js';
import { INSUFFICIENT_SCOPE, PortcullisError, TENANT_MISMATCH } from '../errors.js';
import type { UserIdentity } from '../identity/identity.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';

/** Injects the {@link KeyAdminRules}. */
export const KEY_ADMIN_RULES = Symbol('portcullis.admin.keys');

/** How far the administration of keys goes. */
export interface KeyAdminRules {
  /** The scope by which an admin without a tenant administers the keys of all. */
  readonly allTenants: string;
  /** Whether personal tokens may make keys. */
  readonly personalTokensMakeKeys: boolean;
}

/** Whose keys an admin administers, and by what. */
@Injectable()
export class KeyAdminBounds {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly settings: AdminSettings,
    @Inject(KEY_ADMIN_RULES) private readonly rules: KeyAdminRules,
    @Inject(KEY_MAKER_CHECK) private readonly makers: KeyMakerCheck,
  ) {}

  /**
   * The tenant whose keys alone an admin administers: their own. A token without a tenant is no sign of somebody who stands above all of
   * them, since issuers leave the claim out for many reasons.
   *
   * @returns undefined where the keys of all may be administered
   * @throws PortcullisError `insufficient_scope` where tenants are used and the admin has none, nor the scope for all of them
   */
  tenantOf(user: UserIdentity): string | undefined {
    if (user.tenant !== undefined || this.settings.tenantClaim === undefined) return user.tenant;
    const { allTenants } = this.rules;
    if (user.hasScope(allTenants)) return undefined;
    throw new PortcullisError(INSUFFICIENT_SCOPE, `the admin has no tenant, and lacks ${allTenants}`, {
      scope: allTenants,
    });
  }

  /**
   * The tenant of a key that an admin makes.
   *
   * @param wanted as the admin says
   * @throws PortcullisError `tenant_mismatch` where it is not the admin's own
   */
  tenantForNew(user: UserIdentity, wanted: string | undefined): string | undefined {
    const own = this.tenantOf(user);
    if (own === undefined || wanted === undefined || wanted === own) return own ?? wanted;
    const reason = `an admin of ${JSON.stringify(own)} wants a key of ${JSON.stringify(wanted)}`;
    throw new PortcullisError(TENANT_MISMATCH, reason);
  }

  /**
   * To be called before somebody is shown a new key: it lives on when its maker's tokens are ended.
   *
   * @throws PortcullisError `access_token_required` for a personal token; `insufficient_user_authentication` where the admin has to prove a
   * second factor first
   */
  async demandLogin(user: UserIdentity): Promise<void> {
    if (user.keyId !== undefined && this.rules.personalTokensMakeKeys) return;
    demandAccessToken(user);
    await this.makers.demand(user);
  }
}
