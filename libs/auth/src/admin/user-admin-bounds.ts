import { Inject, Injectable } from '@nestjs/common';
import type { UserIdentity } from '../identity/identity.js';
import { found } from '../routes/answers.js';
import { available } from '../sessions/unavailable.js';
import { KnownUsers } from '../sessions/user-directory.js';
import { ADMIN_SETTINGS, type AdminSettings } from './admin-settings.js';
import { KeyAdminBounds } from './key-admin-bounds.js';

/** Whose sessions and second factors an admin administers. */
@Injectable()
export class UserAdminBounds {
  constructor(
    @Inject(ADMIN_SETTINGS) private readonly settings: AdminSettings,
    private readonly keys: KeyAdminBounds,
    private readonly users: KnownUsers,
  ) {}

  /**
   * Users of the admin's own tenant, as the directory says now. Who is gone from it is of no tenant.
   *
   * @throws NotFoundException where the user is of another tenant
   * @throws PortcullisError `insufficient_scope` where the admin has no tenant, nor the scope for all of them; `temporarily_unavailable`
   * where nobody can say
   */
  async demandUser(admin: UserIdentity, subject: string): Promise<void> {
    const tenant = this.keys.tenantOf(admin);
    if (tenant === undefined) return;
    const { directory } = this.users;
    const user = await available(directory.find(subject), 'the user can not be read');
    found(user?.subject === subject && user.claims?.[this.settings.tenantClaim as string] === tenant);
  }
}
