import type { ExitCode, Output } from './output.js';
import { HelpRequest, UsageError, type Verb } from './verb.js';

/** What one word behind a verb does. */
export type Command = (args: readonly string[], output: Output) => Promise<ExitCode>;

/** A verb that does several things, each by a word of its own. */
export function commandGroup(usage: string, commands: Readonly<Record<string, Command>>): Verb {
  const named = new Map(Object.entries(commands));
  return {
    usage,
    async run([name, ...args], output) {
      if (name === undefined) throw new UsageError();
      const command = named.get(name);
      if (command !== undefined) return command(args, output);
      if (/^(--help|-h)$/.test(name)) throw new HelpRequest();
      throw new UsageError(`There is nothing to do called ${name}.`);
    },
  };
}
