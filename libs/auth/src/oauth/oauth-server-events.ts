import { defineEvent, describeRequest } from '../events/event-definition.js';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    /** The authorization server has refused something that honest clients meet as well. */
    'oauth-server.refused': {
      readonly request: RequestFacts;
      /** The client, as far as it is known. */
      readonly clientId?: string;
      /** `error`, as the client reads it (RFC 6749 section 5.2). */
      readonly code: string;
      /** Why, for the operator. */
      readonly reason: string;
    };
    /** The authorization server could not do what it was asked for. */
    'oauth-server.failed': { readonly request?: RequestFacts; readonly reason: string };
  }
}

export const OAUTH_SERVER_REFUSED = defineEvent('oauth-server.refused', {
  audit: 'flood',
  log: {
    level: 'debug',
    line: ({ request, code, reason }) => `Refused ${describeRequest(request)}: ${code}: ${reason}`,
  },
});

export const OAUTH_SERVER_FAILED = defineEvent('oauth-server.failed', {
  audit: 'flood',
  log: { level: 'error', line: ({ reason }) => `The authorization server failed: ${reason}` },
});

export const OAUTH_SERVER_EVENTS = [OAUTH_SERVER_REFUSED, OAUTH_SERVER_FAILED];
