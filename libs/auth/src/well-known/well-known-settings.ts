import type { BindingOptions } from '../binding/binding.options.js';
import type { GivenPublicOrigin } from '../net/public-origins.js';
import type { TokenOptions } from '../tokens/token.options.js';

/** Injects the {@link WellKnownSettings}. */
export const WELL_KNOWN_SETTINGS = Symbol('portcullis.well-known');

/** What of the options this room reads. */
export interface WellKnownSettings {
  readonly tokens?: TokenOptions;
  readonly binding: BindingOptions;
  /** Without any, no proof of DPoP can be right. */
  readonly publicOrigins: readonly GivenPublicOrigin[];
}
