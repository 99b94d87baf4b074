import type { PortcullisExtension, StrikeRule } from '@portcullis/auth';
import { CarrierScheme } from './carrier-scheme.js';
import { DEPOT_OPTIONS } from './depot.options.js';
import { HANDHELDS_BLOCKED } from './depot-changes.js';
import { HANDHELD_BLOCKED } from './depot-events.js';
import { INVALID_CARRIER_SIGNATURE, WRONG_DEPOT } from './depot-refusals.js';
import { HANDHELD_STORE } from './handheld.store.js';
import { HandheldFormat } from './handheld-format.js';
import { Handhelds } from './handhelds.js';
import { JobRunner } from './job-runner.js';
import { JobsContext } from './jobs-context.js';

/** Everything that the depot adds to Portcullis. */
export const DEPOT: PortcullisExtension = {
  name: 'depot',
  options: [DEPOT_OPTIONS],
  stores: [HANDHELD_STORE],
  refusals: [INVALID_CARRIER_SIGNATURE, WRONG_DEPOT],
  events: [HANDHELD_BLOCKED],
  changes: [HANDHELDS_BLOCKED],
  schemes: { carrier: CarrierScheme },
  bearerFormats: { handheld: HandheldFormat },
  contexts: { jobs: JobsContext },
  providers: [Handhelds, JobRunner],
};

/** Three bad signatures within ten minutes ban an address. */
export const CARRIER_GUESSING: StrikeRule = {
  id: 'carrier-guessing',
  match: { event: 'bad_carrier_signature' },
  score: 34,
  distinct: 'credential',
  windowSeconds: 600,
};
