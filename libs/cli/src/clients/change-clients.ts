import { type CreatedOAuthClient, OAUTH_CLIENT_KINDS, type OAuthClientKind } from '@portcullis/auth';
import { argumentsOf, noneOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable, printableJson } from '../printable.js';
import { UsageError } from '../verb.js';
import { type ClientPlace, changeClients, PLACE, secondsOf } from './client-place.js';

const JSON_TOO = { json: { type: 'boolean' } } as const;

/** `portcullis clients create` */
export async function createClient(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...PLACE,
    ...JSON_TOO,
    name: { type: 'string' },
    kind: { type: 'string' },
    redirect: { type: 'string', multiple: true },
    scope: { type: 'string', multiple: true },
    'jwks-uri': { type: 'string' },
    'skip-consent': { type: 'boolean' },
    'demand-binding': { type: 'boolean' },
    compact: { type: 'boolean' },
    'token-seconds': { type: 'string' },
  });
  noneOf(positionals);
  const { name, redirect = [], scope = [], 'jwks-uri': jwksUri } = values;
  const seconds = secondsOf('--token-seconds', values['token-seconds'], 1);
  if (!name?.trim()) throw new UsageError('Say what people are asked about: --name <text>.');
  const client = {
    ...{ name, kind: kindOf(values.kind), redirectUris: redirect, scopes: scope },
    ...(jwksUri !== undefined && { authentication: 'private-key-jwt' as const, jwksUri }),
    ...(values['skip-consent'] && { consent: 'skip' as const }),
    ...(values['demand-binding'] && { binding: 'demand' as const }),
    ...(values.compact && { claims: 'compact' as const }),
    ...(seconds !== undefined && { accessTokenSeconds: seconds }),
  };
  const made = await changeClients(values, output, ({ clients, who }) =>
    clients.create({ ...client, ...who }),
  );
  if (!values.json) output.say(`client_id ${made.clientId}`);
  sayOnce(made, values.json === true, output);
  return EXIT.clean;
}

/** `portcullis clients rotate` */
export async function rotateClient(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, { ...PLACE, ...JSON_TOO, overlap: { type: 'string' } });
  const id = idIn(positionals);
  const overlapSeconds = secondsOf('--overlap', values.overlap, 0);
  if (overlapSeconds === undefined)
    throw new UsageError('Say how long the old secrets work: --overlap <seconds>.');
  const rotated = await changeClients(values, output, ({ clients, who }) =>
    clients.rotate(id, { overlapSeconds, ...who }),
  );
  if (rotated === undefined) return nothingDone(id, output);
  sayOnce(rotated, values.json === true, output);
  return EXIT.clean;
}

/** `portcullis clients disable` */
export function disableClient(args: readonly string[], output: Output): Promise<ExitCode> {
  return change(args, output, 'Disabled', ({ clients, who }, id) => clients.disable(id, who));
}

/** `portcullis clients enable` */
export function enableClient(args: readonly string[], output: Output): Promise<ExitCode> {
  return change(args, output, 'Enabled', ({ clients, who }, id) => clients.enable(id, who));
}

/** `portcullis clients delete` */
export function deleteClient(args: readonly string[], output: Output): Promise<ExitCode> {
  return change(args, output, 'Deleted', ({ clients, who }, id) => clients.delete(id, who), true);
}

async function change(
  args: readonly string[],
  output: Output,
  done: string,
  work: (place: ClientPlace, id: string) => Promise<boolean>,
  isForGood = false,
): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, {
    ...PLACE,
    ...(isForGood && { yes: { type: 'boolean' } }),
  });
  const id = idIn(positionals);
  if (isForGood && !('yes' in values && values.yes))
    throw new UsageError(
      'This ends all that the client was issued, and its id never comes back; with --yes it is done.',
    );
  if (!(await changeClients(values, output, (place) => work(place, id)))) return nothingDone(id, output);
  output.say(`${done} ${printable(id)}`);
  return EXIT.clean;
}

function idIn([id, ...more]: readonly string[]): string {
  noneOf(more);
  if (id === undefined) throw new UsageError('Name the client by its id.');
  return id;
}

function kindOf(text: string | undefined): OAuthClientKind {
  const kind = OAUTH_CLIENT_KINDS.find((name) => name === text);
  if (kind === undefined) throw new UsageError(`--kind must be one of ${OAUTH_CLIENT_KINDS.join(', ')}.`);
  return kind;
}

/** The one place where a secret is not left out of what is printed. */
function sayOnce({ secret, ...client }: CreatedOAuthClient, json: boolean, output: Output): void {
  const shown = secret === undefined ? '' : `,"secret":${JSON.stringify(secret)}`;
  if (json) output.say(printableJson(client).replace(/\}$/, `${shown}}`));
  else if (secret !== undefined) output.say(`client_secret ${secret}`);
  if (secret !== undefined) output.remark('The secret is shown this once.');
}

function nothingDone(id: string, output: Output): ExitCode {
  output.remark(`There is no client ${printable(id)} to which that could be done.`);
  return EXIT.trouble;
}
