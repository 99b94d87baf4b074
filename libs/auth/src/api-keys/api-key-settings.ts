import type { Clock } from '../options/clock.js';
import type { ApiKeyOptions } from './api-key.options.js';
import type { ApiKeyStore } from './api-key.store.js';

/** Injects the {@link ApiKeySettings}. */
export const API_KEY_SETTINGS = Symbol('portcullis.api-keys');

/** What of the options this room reads. */
export interface ApiKeySettings {
  readonly apiKeys: ApiKeyOptions;
  readonly stores: { readonly apiKeys: ApiKeyStore };
  readonly now: Clock;
}
