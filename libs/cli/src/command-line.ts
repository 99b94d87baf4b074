import { EXIT, type ExitCode, type Output } from './output.js';
import { printable } from './printable.js';
import { UsageError, type Verb } from './verb.js';

/** Only what is asked for is loaded: a scan before each commit should not wait for a framework. */
const VERBS: ReadonlyMap<string, () => Promise<Verb>> = new Map([
  ['scan', async () => (await import('./scan/scan-command.js')).scan],
  ['bans', async () => (await import('./bans/bans-command.js')).bans],
  ['doctor', async () => (await import('./doctor/doctor-command.js')).doctor],
  ['migrate', async () => (await import('./migrate/migrate-command.js')).migrate],
]);

/** Runs the verb that the command line names. Trouble is reported, never thrown. */
export async function run(argv: readonly string[], output: Output): Promise<ExitCode> {
  const [name = '--help', ...args] = argv;
  const verb = await VERBS.get(name)?.();
  try {
    if (verb !== undefined) return await verb.run(args, output);
    if (name !== '--help') output.remark(`There is no verb ${printable(name)}.`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== '') output.remark(printable(message));
    if (!(error instanceof UsageError)) return EXIT.trouble;
  }
  const verbs = verb === undefined ? await Promise.all([...VERBS.values()].map((load) => load())) : [verb];
  for (const { usage } of verbs) output.remark(usage);
  return EXIT.trouble;
}
