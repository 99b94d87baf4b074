import type { Clock } from '../options/clock.js';
import type { BindingOptions } from './binding.options.js';

/** Injects the {@link BindingSettings}. */
export const BINDING_SETTINGS = Symbol('portcullis.binding');

/** What of the options this room reads. */
export interface BindingSettings {
  readonly binding: BindingOptions;
  readonly now: Clock;
  readonly tokens?: { readonly issuer?: { readonly keyEncryptionKeys?: readonly string[] } };
  readonly storage?: { readonly keyEncryptionKeys?: readonly string[] };
}
