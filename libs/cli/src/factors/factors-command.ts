import type { Factor } from '@portcullis/auth';
import { argumentsOf, noneOf } from '../arguments.js';
import { commandGroup } from '../command-group.js';
import { DATABASE, DATABASE_USAGE, requiredPlace } from '../database/database-place.js';
import { actorHere } from '../database/with-stores.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable, printableJson } from '../printable.js';
import { UsageError } from '../verb.js';
import { withFactors } from './factor-place.js';

const USAGE = `portcullis factors list --subject <sub> [--issuer <url>] [--json]
portcullis factors remove <id>
portcullis factors reseal

Shows and removes the second factors of a user, for whoever has lost them: also the last one, with its recovery codes. First be certain who asks.
reseal encrypts the secrets of all factors anew with the first of the keys in KEY_ENCRYPTION_KEY, which names the old ones behind it: when it
is done these can be taken away. Apps have all keys meanwhile. Running apps notice by themselves.

${DATABASE_USAGE}
  --subject <sub>    whose they are: the sub of their tokens
  --issuer <url>     the iss of their tokens, to the letter; otherwise ISSUER
  --json             one JSON object in each line

Ends with 0, or with 2 when something could not be done.`;

export const factors = commandGroup(USAGE, { list, remove, reseal });

async function list(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...DATABASE,
    subject: { type: 'string' },
    issuer: { type: 'string' },
    json: { type: 'boolean' },
  });
  noneOf(positionals);
  const { subject, issuer = process.env.ISSUER } = values;
  if (!subject) throw new UsageError('Say whose: --subject <sub>.');
  if (!issuer) throw new UsageError('Name the issuer of their tokens: --issuer <url>, or ISSUER.');
  const place = await requiredPlace(values, output);
  const found = await withFactors(place, undefined, (service) => service.list({ issuer, subject }));
  for (const factor of found) output.say(values.json ? printableJson(factor) : lineOf(factor));
  if (found.length === 0 && !values.json) output.remark(`${printable(subject)} has no factors.`);
  return EXIT.clean;
}

async function remove(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, DATABASE);
  const [id, ...rest] = positionals;
  if (id === undefined) throw new UsageError('Name the id of the factor.');
  noneOf(rest);
  const place = await requiredPlace(values, output);
  const isRemoved = await withFactors(place, undefined, (service) => service.removeAny(id, actorHere()));
  if (isRemoved) output.say(`Removed the factor ${printable(id)}`);
  else output.remark(`There is no factor ${printable(id)}.`);
  return isRemoved ? EXIT.clean : EXIT.trouble;
}

async function reseal(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, DATABASE);
  noneOf(positionals);
  const keys = process.env.KEY_ENCRYPTION_KEY;
  if (!keys) throw new UsageError('Give the keys, the new one first: KEY_ENCRYPTION_KEY=<new>,<old>.');
  const place = await requiredPlace(values, output);
  const count = await withFactors(place, keys.split(','), (service) => service.reseal());
  output.say(`Encrypted the secrets of ${count} ${count === 1 ? 'factor' : 'factors'} anew`);
  return EXIT.clean;
}

function lineOf({ id, kind, name, createdAt, lastUsedAt, left }: Factor): string {
  const used = lastUsedAt === null ? 'never used' : `used ${timeOf(lastUsedAt)}`;
  const facts = [kind, ...(name === null ? [] : [JSON.stringify(name)]), `added ${timeOf(createdAt)}`, used];
  return printable([id, ...facts, ...(left === undefined ? [] : [`${left} left`])].join('  '));
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
