import type { Clock } from '../options/clock.js';

/** Injects the {@link AdminSettings}. */
export const ADMIN_SETTINGS = Symbol('portcullis.admin');

/** What of the options this room reads. */
export interface AdminSettings {
  readonly tokens?: { readonly issuer?: { readonly url: string } };
  /** The claim that names a user's tenant. Undefined: tenants are not used. */
  readonly tenantClaim?: string | undefined;
  readonly now: Clock;
}
