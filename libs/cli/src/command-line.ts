import type { PortcullisError } from '@portcullis/auth';
import { EXIT, type ExitCode, type Output } from './output.js';
import { printable } from './printable.js';
import { HelpRequest, UsageError, type Verb } from './verb.js';

/** Only what is asked for is loaded: a scan before each commit should not wait for a framework. */
const VERBS: ReadonlyMap<string, () => Promise<Verb>> = new Map([
  ['scan', async () => (await import('./scan/scan-command.js')).scan],
  ['bans', async () => (await import('./bans/bans-command.js')).bans],
  ['clients', async () => (await import('./clients/clients-command.js')).clients],
  ['factors', async () => (await import('./factors/factors-command.js')).factors],
  ['revoke', async () => (await import('./revoke/revoke-command.js')).revoke],
  ['doctor', async () => (await import('./doctor/doctor-command.js')).doctor],
  ['migrate', async () => (await import('./migrate/migrate-command.js')).migrate],
]);

/** Runs the verb that the command line names. Trouble is reported, never thrown. */
export async function run(argv: readonly string[], output: Output): Promise<ExitCode> {
  const [name, ...args] = argv;
  const verb = await VERBS.get(name ?? '')?.();
  if (verb === undefined) return explainAll(name, output);
  try {
    return await verb.run(args, output);
  } catch (error) {
    if (error instanceof HelpRequest) return help([verb], output);
    const message = wordsOf(error);
    if (message !== '') output.remark(printable(message));
    if (error instanceof UsageError) output.remark(verb.usage);
    return EXIT.trouble;
  }
}

async function explainAll(name: string | undefined, output: Output): Promise<ExitCode> {
  const verbs: Verb[] = [];
  for (const load of VERBS.values()) verbs.push(await load());
  if (name === '--help' || name === '-h') return help(verbs, output);
  if (name !== undefined) output.remark(`There is no verb ${printable(name)}.`);
  for (const { usage } of verbs) output.remark(usage);
  return EXIT.trouble;
}

function help(verbs: readonly Verb[], output: Output): ExitCode {
  for (const { usage } of verbs) output.say(usage);
  return EXIT.clean;
}

/** The message of a refusal is for clients. By its name, since the framework is loaded for those alone who need it. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'PortcullisError' ? (error as PortcullisError).reason : error.message;
}
