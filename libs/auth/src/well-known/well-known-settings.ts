import type { TokenOptions } from '../tokens/token.options.js';

/** Injects the {@link WellKnownSettings}. */
export const WELL_KNOWN_SETTINGS = Symbol('portcullis.well-known');

/** What of the options this room reads. */
export interface WellKnownSettings {
  readonly tokens?: TokenOptions;
}
