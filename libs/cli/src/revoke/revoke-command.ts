import { argumentsOf, noneOf, reasonOf } from '../arguments.js';
import { DATABASE, DATABASE_USAGE, requiredPlace } from '../database/database-place.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable } from '../printable.js';
import { UsageError, type Verb } from '../verb.js';
import { revokeAll } from './revoke-all.js';

const USAGE = `portcullis revoke --all-before <time or now> --issuer <url> --reason <text> [--file <file> | --url <url> | --url-file <file>]
                  [--schema <name>] [--prefix <text>] [--app <name> | --key-prefix <text>]

Revokes every token of an issuer that was issued until then, for whomever, and the personal tokens of its users. API keys of apps go on.
For when nobody knows any more which of them were revoked, as after a backup was brought back. Running apps that follow the change feed
know at once, others when they start. It is that of the database, or with the environment's REDIS_URL the stream of this Redis.

  --all-before <t>   now, or a time with its zone that is not to come: 2026-11-27T10:00:00Z
  --issuer <url>     the iss of the tokens, to the letter
  --reason <text>    why, for the audit log
${DATABASE_USAGE}
  --app <name>       the app in REDIS_URL; by default ISSUER of the environment, or the issuer
  --key-prefix <t>   the keyPrefix of the app in REDIS_URL, where it has one

Ends with 0, or with 2 when something could not be done.`;

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

export const revoke: Verb = {
  usage: USAGE,
  async run(args: readonly string[], output: Output): Promise<ExitCode> {
    const { values, positionals } = argumentsOf(args, {
      ...DATABASE,
      'all-before': { type: 'string' },
      issuer: { type: 'string' },
      reason: { type: 'string' },
      app: { type: 'string' },
      'key-prefix': { type: 'string' },
    });
    noneOf(positionals);
    const issuer = issuerOf(values.issuer);
    const details = { ...timeOf(values['all-before']), issuer, reason: reasonOf(values.reason) };
    const place = await requiredPlace(values, output);
    const { id } = await revokeAll(
      place,
      { ...values, app: values.app ?? (process.env.ISSUER || issuer) },
      details,
    );
    output.say(`Revoked all that ${printable(issuer)} has issued until ${values['all-before']} (${id})`);
    return EXIT.clean;
  },
};

function issuerOf(text: string | undefined): string {
  if (text !== undefined && URL.canParse(text)) return text;
  throw new UsageError('Name the issuer: --issuer <url>.');
}

/** A time without a zone would be that of whoever types it. */
function timeOf(text: string | undefined): { issuedUntil?: number } {
  if (text === 'now') return {};
  const time =
    text !== undefined && TIME.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new UsageError('--all-before must be now, or a time such as 2026-11-27T10:00:00Z.');
  if (time > Date.now()) throw new UsageError('--all-before must not be to come.');
  return { issuedUntil: Math.ceil(time / 1000) };
}

/** What is no day of its month is taken for one of the next. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
