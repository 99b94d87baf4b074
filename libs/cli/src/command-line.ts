import { bans } from './bans/bans.command.js';
import { doctor } from './doctor/doctor.command.js';
import { migrate } from './migrate/migrate.command.js';
import { EXIT, type ExitCode, type Output } from './output.js';
import { printable } from './printable.js';
import { scan } from './scan/scan.command.js';
import { UsageError, type Verb } from './verb.js';

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['scan', scan],
  ['bans', bans],
  ['doctor', doctor],
  ['migrate', migrate],
]);

/** Runs the verb that the command line names. Trouble is told, never thrown. */
export async function run(argv: readonly string[], output: Output): Promise<ExitCode> {
  const [name = '--help', ...args] = argv;
  const verb = VERBS.get(name);
  try {
    if (verb !== undefined) return await verb.run(args, output);
    if (name !== '--help') output.remark(`There is no verb ${printable(name)}.`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== '') output.remark(printable(message));
    if (!(error instanceof UsageError)) return EXIT.trouble;
  }
  for (const { usage } of verb === undefined ? VERBS.values() : [verb]) output.remark(usage);
  return EXIT.trouble;
}
