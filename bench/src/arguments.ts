import { parseArgs } from 'node:util';
import type { Part } from './bans-traffic/part.js';

/** What the command line asks for. */
export interface BenchArguments {
  /** The one part that is wanted; everything by default. */
  readonly only?: string;
  readonly quick: boolean;
  /** The file for the results, as JSON. */
  readonly json?: string;
  /** The folder for a CPU profile of each server; what is measured meanwhile is too slow. */
  readonly profile?: string;
  /** Ten million addresses instead of some hundred thousand. */
  readonly full: boolean;
  /** The folder with what `bans-traffic` replays. */
  readonly corpora?: string;
  /** Which cases of it: those that may be looked at, those that nobody has, or all. */
  readonly part: Part;
  /** Whether each case is told, to the standard error. */
  readonly cases: boolean;
}

/** @throws Error when a part is asked for that doesn't exist */
export function readArguments(args: readonly string[], parts: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      profile: { type: 'string' },
      full: { type: 'boolean', default: false },
      corpora: { type: 'string' },
      part: { type: 'string', default: 'open' },
      cases: { type: 'boolean', default: false },
    },
  });
  if (values.only !== undefined && !parts.includes(values.only)) {
    throw new Error(`--only takes one of: ${parts.join(', ')}`);
  }
  if (!['open', 'kept', 'all'].includes(values.part)) throw new Error('--part takes open, kept or all');
  if (values.cases && values.part !== 'open') throw new Error('--cases shows those of the open part only');
  return values as BenchArguments;
}
