import { defineEvent } from '../events/event-definition.js';
import type { SessionRecord } from './session.store.js';

/** What events say of a session. */
export interface SessionFacts {
  /** `sid`; not secret. */
  readonly sessionId: string;
  readonly subject: string;
  readonly clientId: string;
  /** What people call the device. */
  readonly device?: string;
}

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'session.started': SessionFacts &
      Actor & {
        /** Whether the user is not known to have logged in with a device of this name from this network. */
        readonly isNewDevice: boolean;
      };
    'session.refreshed': SessionFacts & Actor;
    'session.raised': SessionFacts &
      Actor & { /** By what it is proven now (RFC 8176). */ readonly amr: readonly string[] };
    'session.reused': SessionFacts & Actor;
    'session.ended': SessionFacts & Actor & { readonly reason: string };
  }
}

export const SESSION_STARTED = defineEvent('session.started', { audit: 'decision', log: 'never' });
export const SESSION_REFRESHED = defineEvent('session.refreshed', { audit: 'noise', log: 'never' });
export const SESSION_RAISED = defineEvent('session.raised', { audit: 'decision', log: 'never' });
export const SESSION_ENDED = defineEvent('session.ended', { audit: 'decision', log: 'never' });

export const SESSION_REUSED = defineEvent('session.reused', {
  audit: 'decision',
  log: {
    level: 'warn',
    line: ({ sessionId, subject, address = 'an unknown address' }) =>
      `A used refresh token of session ${sessionId} of ${subject} came again, from ${address}: somebody has copied it`,
  },
});

export const SESSION_EVENTS = [
  SESSION_STARTED,
  SESSION_REFRESHED,
  SESSION_RAISED,
  SESSION_REUSED,
  SESSION_ENDED,
];

export function factsOf({ id, subject, clientId, device }: SessionRecord): SessionFacts {
  return { sessionId: id, subject, clientId, ...(device !== null && { device }) };
}
