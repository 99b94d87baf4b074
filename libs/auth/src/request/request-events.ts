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
    'handler.refused': {
      /** Where the handler lives: `rpc`, `ws`, `graphql`, or whatever a library calls it. */
      readonly context: string;
      /** `Class.method`; undefined where Nest does not say. */
      readonly handler?: string;
      readonly code: RefusalCode;
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

export const HANDLER_REFUSED = defineEvent('handler.refused', {
  audit: 'flood',
  log: {
    level: 'debug',
    line: ({ context, handler, code, reason }) =>
      `Refused ${handler ?? 'a handler'} (${context}): ${code}: ${reason}`,
  },
});
