import { defineEvent } from '../events/event-definition.js';
import type { ApiKeyFacts } from './key-facts.js';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'api-key.created': ApiKeyFacts & Actor;
    'api-key.disabled': ApiKeyFacts & Actor;
    'api-key.enabled': ApiKeyFacts & Actor;
    'api-key.revoked': ApiKeyFacts & Actor & { readonly reason?: string };
    'api-key.rotated': ApiKeyFacts &
      Actor & {
        /** The key that takes its place. */
        readonly successorId: string;
        /** When the old key ends, in milliseconds since the epoch. */
        readonly expiresAt: number;
      };
  }
}

export const API_KEY_CREATED = defineEvent('api-key.created', { audit: 'decision', log: 'never' });
export const API_KEY_DISABLED = defineEvent('api-key.disabled', { audit: 'decision', log: 'never' });
export const API_KEY_ENABLED = defineEvent('api-key.enabled', { audit: 'decision', log: 'never' });
export const API_KEY_ROTATED = defineEvent('api-key.rotated', { audit: 'decision', log: 'never' });

export const API_KEY_REVOKED = defineEvent('api-key.revoked', {
  audit: 'decision',
  log: {
    level: 'log',
    line: ({ keyId, reason }) => `Revoked API key ${keyId}${reason ? `: ${reason}` : ''}`,
  },
});

export const API_KEY_EVENTS = [
  API_KEY_CREATED,
  API_KEY_DISABLED,
  API_KEY_ENABLED,
  API_KEY_ROTATED,
  API_KEY_REVOKED,
];
