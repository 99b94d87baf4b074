import { defineEvent } from '../events/event-definition.js';
import type { Revocation } from './revocation.store.js';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'tokens.revoked': Actor & { readonly revocation: Revocation };
  }
}

export const TOKENS_REVOKED = defineEvent('tokens.revoked', {
  audit: {
    weight: 'decision',
    names: ({ revocation }) => ({ subject: 'subject' in revocation ? revocation.subject : undefined }),
  },
  log: 'never',
});
