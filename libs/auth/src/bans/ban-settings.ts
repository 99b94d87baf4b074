import type { GivenPublicOrigin } from '../net/public-origins.js';
import type { Clock } from '../options/clock.js';
import type { BanOptions } from './ban.options.js';
import type { BanStore } from './ban.store.js';
import type { SharedAddressStore } from './shared-addresses/shared-address.store.js';

/** Injects the {@link BanSettings}. */
export const BAN_SETTINGS = Symbol('portcullis.bans');

/** What of the options this room reads. */
export interface BanSettings {
  readonly bans: BanOptions;
  readonly trustedProxies: readonly string[];
  readonly publicOrigins: readonly GivenPublicOrigin[];
  readonly tokens?: { readonly issuer?: { readonly keyEncryptionKeys?: readonly string[] } };
  readonly stores: { readonly bans: BanStore; readonly sharedAddresses?: SharedAddressStore };
  readonly now: Clock;
}
