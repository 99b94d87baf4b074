import { parseArgs } from 'node:util';

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
    },
  });
  if (values.only !== undefined && !parts.includes(values.only)) {
    throw new Error(`--only takes one of: ${parts.join(', ')}`);
  }
  return values as BenchArguments;
}
