import type { RefusalCode } from '../errors.js';
import { defineEvent, describeRequest } from '../events/event-definition.js';

declare module '../events/security-event.js' {
  interface SecurityEventTypes {
    'request.accepted': { readonly request: RequestFacts };
    'request.refused': {
      readonly request: RequestFacts;
      readonly code: RefusalCode;
      readonly status: number;
      readonly reason: string;
    };
  }
}

export const REQUEST_ACCEPTED = defineEvent('request.accepted', { audit: 'noise', log: 'never' });

export const REQUEST_REFUSED = defineEvent('request.refused', {
  audit: 'flood',
  log: {
    level: 'debug',
    line: ({ request, status, code, reason }) =>
      `Refused ${describeRequest(request)}: ${status} ${code}: ${reason}`,
  },
});
