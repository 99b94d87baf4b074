import { BEARER_KIND, BearerScheme } from '../credentials/bearer-scheme.js';
import { CREDENTIAL_LEAKED } from '../credentials/credential-events.js';
import { INVALID_TOKEN, TLS_REQUIRED } from '../credentials/credential-refusals.js';
import { CORE_REFUSALS } from '../errors.js';
import { EVENT_OPTIONS } from '../events/event.options.js';
import type { PortcullisExtension } from '../extension.js';
import { REPLICATION_OPTIONS } from '../replication/replication.options.js';
import { CLOCK_CORRECTED, REPLICAS_FRESH, REPLICAS_STALE } from '../replication/replication-events.js';
import { HANDLER_REFUSED, REQUEST_ACCEPTED, REQUEST_REFUSED } from '../request/request-events.js';

/** What the core itself brings. Its rooms lie below what registers, so they are registered for. */
export const CORE: PortcullisExtension = {
  name: 'core',
  options: [EVENT_OPTIONS, REPLICATION_OPTIONS],
  refusals: [...CORE_REFUSALS, INVALID_TOKEN, TLS_REQUIRED],
  events: [
    REQUEST_ACCEPTED,
    REQUEST_REFUSED,
    HANDLER_REFUSED,
    CREDENTIAL_LEAKED,
    REPLICAS_STALE,
    REPLICAS_FRESH,
    CLOCK_CORRECTED,
  ],
  schemes: { [BEARER_KIND]: BearerScheme },
};
