import type { OAuthClient, OAuthClients } from '@portcullis/auth';
import { argumentsOf, noneOf } from '../arguments.js';
import { EXIT, type ExitCode, type Output } from '../output.js';
import { printable, printableJson } from '../printable.js';
import { PLACE, readClients } from './client-place.js';

const PAGE = 1_000;

/** `portcullis clients list` */
export async function listClients(args: readonly string[], output: Output): Promise<ExitCode> {
  const { values, positionals } = argumentsOf(args, { ...PLACE, json: { type: 'boolean' } });
  noneOf(positionals);
  const { json = false } = values;
  let count = 0;
  await readClients(values, output, async ({ clients }) => {
    for await (const client of everyClient(clients)) {
      if (count++ === 0 && !json)
        output.say(columns('CLIENT', 'KIND', 'ORIGIN', 'STATE', 'SECRETS', 'SCOPES', 'NAME'));
      output.say(json ? printableJson(client) : lineOf(client));
    }
  });
  if (count === 0 && !json) output.remark('There are no clients.');
  return EXIT.clean;
}

/** Every client, page by page. */
async function* everyClient(clients: OAuthClients): AsyncGenerator<OAuthClient, void, void> {
  let cursor: string | undefined;
  do {
    const page = await clients.list({ limit: PAGE, ...(cursor !== undefined && { cursor }) });
    yield* page.clients;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

function lineOf(client: OAuthClient): string {
  const { clientId, disabledAt, secrets, scopes, name } = client;
  const state = disabledAt === null ? 'enabled' : 'disabled';
  const kind = client.isDocument ? '-' : client.kind;
  const listed = scopes.join(' ') || '-';
  return columns(clientId, kind, originOf(client), state, String(secrets.length), listed, name);
}

/** Who says what a client is. */
function originOf({ isDocument, isRegistered }: OAuthClient): string {
  if (isDocument) return 'document';
  return isRegistered ? 'registered' : 'made';
}

function columns(...cells: readonly string[]): string {
  const widths = [24, 8, 10, 9, 8, 30, 0];
  return cells.map((cell, index) => printable(cell).padEnd(widths[index] ?? 0)).join('  ');
}
