import { type Ban, InputError } from '@portcullis/auth';
import { argumentsOf, noneOf, reasonOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable } from '../printable.js';
import { UsageError } from '../verb.js';
import { secondsOf, theOneOf } from './ban-arguments.js';
import { timeOf } from './ban-lines.js';
import { type BanPlace, changeBans, STORE } from './ban-place.js';
import { everyBan } from './show-bans.js';

const LIFTING = { reason: { type: 'string' } } as const;

/** `portcullis bans ban` */
export async function ban(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...STORE,
    reason: { type: 'string' },
    seconds: { type: 'string' },
  });
  const network = theOneOf(positionals, 'network');
  const details = { reason: reasonOf(values.reason), ...secondsOf(values.seconds) };
  const made = await changeBans(values, ({ bans, who }) => bans.ban(network, { ...details, ...who }));
  output.say(`Banned ${made.network} until ${timeOf(made.expiresAt)} (${made.id})`);
  return EXIT.clean;
}

/** `portcullis bans unban` */
export async function unban(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, { ...STORE, ...LIFTING });
  const what = theOneOf(positionals, 'id or the network');
  return changeBans(values, async (place) => {
    const lifted = await lift(what, place, liftingOf(values.reason));
    for (const { network, id } of lifted) output.say(`Unbanned ${printable(network)} (${printable(id)})`);
    if (lifted.length > 0) return EXIT.clean;
    output.remark(`There is no ban of ${printable(what)} in force.`);
    await tellAround(what, place, output);
    return EXIT.trouble;
  });
}

/** `portcullis bans forgive` */
export async function forgive(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, { ...STORE, ...LIFTING });
  const lifting = liftingOf(values.reason);
  const network = theOneOf(positionals, 'network');
  const forgiven = await changeBans(values, ({ bans, who }) => bans.forgive(network, { ...lifting, ...who }));
  if (forgiven === undefined) output.remark(`Nothing is known of ${printable(network)}.`);
  else output.say(`Forgave ${forgiven.network}`);
  return forgiven === undefined ? EXIT.trouble : EXIT.clean;
}

/** `portcullis bans clear` */
export async function clear(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, { ...STORE, ...LIFTING, yes: { type: 'boolean' } });
  noneOf(positionals);
  if (!values.yes) throw new UsageError('This lifts and forgets all bans; with --yes it is done.');
  const lifting = liftingOf(values.reason);
  const count = await changeBans(values, ({ bans, who }) => bans.clear({ ...lifting, ...who }));
  output.say(`Cleared all bans (${count})`);
  return EXIT.clean;
}

/** Why a ban is lifted: whoever lifts one need not say it. */
function liftingOf(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason: reasonOf(reason) };
}

/** Ends the ban of an id, or all of exactly a network. */
async function lift(what: string, { bans, who }: BanPlace, lifting: { reason?: string }): Promise<Ban[]> {
  const ids: string[] = [];
  if ((await bans.findById(what)) !== undefined) ids.push(what);
  else {
    try {
      for await (const { id } of everyBan(bans, { network: what })) ids.push(id);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`${what} is neither the id of a ban nor a network`);
    }
  }
  const lifted: Ban[] = [];
  for (const id of ids) {
    const ban = await bans.unban(id, { ...lifting, ...who });
    if (ban !== undefined) lifted.push(ban);
  }
  return lifted;
}

/** Who would let an address in may not know that it is banned with its neighbours. */
async function tellAround(what: string, { bans }: BanPlace, output: Output): Promise<void> {
  if ((await bans.findById(what)) !== undefined) return;
  for await (const { network, id } of everyBan(bans, { target: what, shadow: false })) {
    output.remark(`It is banned by the ban of ${printable(network)} (${printable(id)}).`);
  }
}
