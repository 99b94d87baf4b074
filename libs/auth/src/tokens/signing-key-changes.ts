import { defineChange } from '../replication/change-definition.js';
import { isTexts } from '../replication/change-facts.js';

declare module '../replication/change-definition.js' {
  interface ChangeKinds {
    /** The keys that tokens are signed with have changed, in the store; those with these `kid`s are gone for ever. */
    'signing-keys': { readonly gone: readonly string[] };
  }
}

export const SIGNING_KEYS_CHANGED = defineChange('signing-keys', {
  parse: ({ gone }) => (isTexts(gone) ? { gone } : undefined),
  takenOver: 'at-once',
});
