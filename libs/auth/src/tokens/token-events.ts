import { defineEvent } from '../events/event-definition.js';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    /** Every key that tokens were signed with was forgotten, for this one. */
    'signing-keys.replaced': Actor & { readonly kid: string };
    /** Somebody has asked for the next key, and it is published. What time alone brings about is no event. */
    'signing-keys.rotated': Actor & { readonly kid: string };
    'token.issued': { readonly subject: string; readonly tokenId: string };
  }
}

export const SIGNING_KEYS_REPLACED = defineEvent('signing-keys.replaced', {
  audit: 'decision',
  log: {
    level: 'warn',
    line: () => 'Replaced the signing keys: every token that was issued so far is refused',
  },
});

export const SIGNING_KEYS_ROTATED = defineEvent('signing-keys.rotated', {
  audit: 'decision',
  log: { level: 'log', line: ({ kid }) => `Published the next signing key ${kid}` },
});

export const TOKEN_ISSUED = defineEvent('token.issued', {
  // Who is issued one has logged in.
  audit: { weight: 'flood', caller: ({ subject }) => JSON.stringify(['subject', subject]) },
  log: 'never',
});
