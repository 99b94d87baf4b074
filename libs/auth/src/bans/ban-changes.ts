import { defineChange } from '../replication/change-definition.js';
import { isTexts } from '../replication/change-facts.js';

declare module '../replication/change-definition.js' {
  interface ChangeKinds {
    bans: {
      /** The bans of exactly these networks have changed, in the store; `all`: so many that all are to be read again. */
      readonly networks: readonly string[] | 'all';
    };
  }
}

export const BANS_CHANGED = defineChange('bans', {
  parse: ({ networks }) => (isTexts(networks) || networks === 'all' ? { networks } : undefined),
  takenOver: 'in-turn',
  // An attacker can cause as many as they like, so of those that wait it is enough to know that there were any.
  coalesce: () => ({ networks: 'all' }),
});
