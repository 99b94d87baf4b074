import { CODE_PAYLOADS } from './code-payloads.js';
import { FILE_PAYLOADS } from './file-payloads.js';
import { OTHER_PAYLOADS } from './other-payloads.js';
import type { Certainty, PayloadPattern, PayloadSignature } from './payload-signature.js';
import { SCRIPT_PAYLOADS } from './script-payloads.js';
import { SHELL_PAYLOADS } from './shell-payloads.js';
import { SQL_PAYLOADS } from './sql-payloads.js';

/** All that is looked for in texts of requests. */
export const PAYLOAD_SIGNATURES: readonly PayloadSignature[] = [
  ...FILE_PAYLOADS,
  ...CODE_PAYLOADS,
  ...SHELL_PAYLOADS,
  ...SQL_PAYLOADS,
  ...SCRIPT_PAYLOADS,
  ...OTHER_PAYLOADS,
];

function patternsOf(certainty: Certainty): readonly PayloadPattern[] {
  return PAYLOAD_SIGNATURES.filter((signature) => signature.certainty === certainty).map(
    ({ pattern }) => pattern,
  );
}

/** What no honest client sends, in whatever place. */
export const CERTAIN_PAYLOADS: readonly PayloadPattern[] = patternsOf('certain');

/** What may, rarely, be honest: a text about these things, the filter of an API, a page's own HTML. */
export const LIKELY_PAYLOADS: readonly PayloadPattern[] = patternsOf('likely');

/** What people write, too, and rarely often. */
export const HINTED_PAYLOADS: readonly PayloadPattern[] = patternsOf('hinted');
