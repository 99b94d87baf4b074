import type { Clock } from '../options/clock.js';
import type { SigningKeyStore } from './signing-key.store.js';
import type { TokenOptions } from './token.options.js';

/** Injects the {@link TokenSettings}. */
export const TOKEN_SETTINGS = Symbol('portcullis.tokens');

/** What of the options this room reads. */
export interface TokenSettings {
  /** Undefined where no tokens are accepted. */
  readonly tokens?: TokenOptions;
  readonly tenantClaim?: string;
  readonly stores: { readonly signingKeys?: SigningKeyStore };
  readonly now: Clock;
}
