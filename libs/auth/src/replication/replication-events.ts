import { defineEvent } from '../events/event-definition.js';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    /** The change feed has been cut off for too long: what other instances revoked or banned may not hold here. */
    'replicas.stale': object;
    'replicas.fresh': object;
    /** This machine's clock differs from the one that all instances share, by so many milliseconds; from now on the shared one counts. */
    'clock.corrected': { readonly offsetMs: number };
  }
}

export const REPLICAS_STALE = defineEvent('replicas.stale', {
  audit: 'decision',
  log: { level: 'error', line: () => 'Cut off from the changes of other instances' },
});

export const REPLICAS_FRESH = defineEvent('replicas.fresh', {
  audit: 'decision',
  log: { level: 'log', line: () => 'Equal to the other instances again' },
});

export const CLOCK_CORRECTED = defineEvent('clock.corrected', {
  audit: 'decision',
  log: {
    level: 'warn',
    line: ({ offsetMs }) => `This machine's clock is off by ${-offsetMs} ms, and corrected for`,
  },
});
