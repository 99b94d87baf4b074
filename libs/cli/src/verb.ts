import type { ExitCode, Output } from './output.js';

/** One thing that `portcullis` can do. */
export interface Verb {
  /** How it is called, and its options, in lines that are printed as they are. */
  readonly usage: string;
  /**
   * @throws {UsageError} when the arguments are not as the usage says
   * @throws {HelpRequest} when the usage is asked for
   */
  run(args: readonly string[], output: Output): Promise<ExitCode>;
}

/** The command line was not understood; the message is for its writer. */
export class UsageError extends Error {}

/** The usage is all that is wanted. */
export class HelpRequest extends Error {}
