import type { PortcullisExtension } from '../extension.js';
import { API_KEY_OPTIONS } from './api-key.options.js';
import { API_KEY_STORE } from './api-key.store.js';
import { ApiKeyAuthenticator } from './api-key-authenticator.js';
import { ApiKeyBearerFormat } from './api-key-bearer-format.js';
import { API_KEYS_CHANGED } from './api-key-changes.js';
import { API_KEY_EVENTS } from './api-key-events.js';
import { ApiKeyQuota } from './api-key-quota.js';
import { API_KEY_REFUSALS } from './api-key-refusals.js';
import { API_KEY_KIND, ApiKeyScheme } from './api-key-scheme.js';
import { ApiKeyService } from './api-key-service.js';
import { ApiKeyUsage } from './api-key-usage.js';
import { ApiKeyVerifier } from './api-key-verifier.js';
import { LegacyAdoption } from './legacy-adoption.js';
import { PersonalTokenService } from './personal-token-service.js';

export const API_KEYS: PortcullisExtension = {
  name: 'api-keys',
  options: [API_KEY_OPTIONS],
  stores: [API_KEY_STORE],
  refusals: API_KEY_REFUSALS,
  events: API_KEY_EVENTS,
  changes: [API_KEYS_CHANGED],
  schemes: { [API_KEY_KIND]: ApiKeyScheme },
  bearerFormats: { [API_KEY_KIND]: ApiKeyBearerFormat },
  providers: [
    ApiKeyService,
    PersonalTokenService,
    ApiKeyVerifier,
    ApiKeyAuthenticator,
    ApiKeyQuota,
    ApiKeyUsage,
    LegacyAdoption,
  ],
};
