import { defineChange } from '../replication/change-definition.js';
import { isTexts } from '../replication/change-facts.js';

declare module '../replication/change-definition.js' {
  interface ChangeKinds {
    /** API keys or personal tokens have changed, in the store. */
    'api-keys': { readonly ids: readonly string[] };
  }
}

export const API_KEYS_CHANGED = defineChange('api-keys', {
  parse: ({ ids }) => (isTexts(ids) ? { ids } : undefined),
  takenOver: 'at-once',
});
