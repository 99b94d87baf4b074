import type { PasswordOptions } from './password.options.js';

/** Injects the {@link PasswordSettings}. */
export const PASSWORD_SETTINGS = Symbol('portcullis.passwords');

/** What of the options this room reads. */
export interface PasswordSettings {
  readonly passwords?: PasswordOptions;
}
