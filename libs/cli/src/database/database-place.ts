import { readFile } from 'node:fs/promises';
import type { Output } from '../output.js';
import { UsageError } from '../verb.js';

export const DATABASE = {
  file: { type: 'string' },
  url: { type: 'string' },
  'url-file': { type: 'string' },
  schema: { type: 'string' },
  prefix: { type: 'string' },
} as const;

/** The lines of a usage that {@link DATABASE} needs. */
export const DATABASE_USAGE = `  --file <file>      a SQLite file
  --url <url>        a PostgreSQL; others on this machine can read a password in it: better put it where one of these two finds it
  --url-file <file>  a file that holds the URL of a PostgreSQL, as secrets of containers are mounted
                     without any of these: the environment's DATABASE_URL (PostgreSQL) or PORTCULLIS_STORE (SQLite)
  --schema <name>    the schema of the tables in PostgreSQL; by default the first of the connection's search_path
  --prefix <text>    what the names of the tables begin with; portcullis_ by default`;

export type GivenDatabase = { readonly [name in keyof typeof DATABASE]?: string | undefined };

/** Where the tables are. A URL may hold a password, and is never printed. */
export type DatabasePlace =
  | { readonly file: string; readonly tablePrefix?: string }
  | { readonly url: string; readonly tablePrefix?: string; readonly schema?: string };

/**
 * The database that has to be named.
 *
 * @throws {UsageError} when none is, several are, or a schema of a file
 * @throws Error when the file with the URL can't be read
 */
export async function requiredPlace(given: GivenDatabase, output: Output): Promise<DatabasePlace> {
  const place = await databasePlace(given);
  if (place === undefined) throw new UsageError('Name the database: --file, --url-file or DATABASE_URL.');
  if (given.url !== undefined && hasPassword(given.url))
    output.remark('Others on this machine can read the password: better use DATABASE_URL or --url-file.');
  return place;
}

function hasPassword(url: string): boolean {
  return URL.canParse(url) && new URL(url).password !== '';
}

/**
 * The database that the command line names, or else the environment.
 *
 * @returns undefined when neither names one
 * @throws {UsageError} when several are named, or a schema of a file
 * @throws Error when the file with the URL can't be read
 */
export async function databasePlace(given: GivenDatabase): Promise<DatabasePlace | undefined> {
  const named = await namedBy(given);
  if (named === undefined) return undefined;
  const prefix = given.prefix === undefined ? {} : { tablePrefix: given.prefix };
  if ('url' in named)
    return { ...named, ...prefix, ...(given.schema !== undefined && { schema: given.schema }) };
  if (given.schema !== undefined) throw new UsageError('A SQLite file has no schemas.');
  return { ...named, ...prefix };
}

async function namedBy(given: GivenDatabase): Promise<{ file: string } | { url: string } | undefined> {
  const { file, url, 'url-file': urlFile } = given;
  const count = [file, url, urlFile].filter((name) => name !== undefined).length;
  if (count > 1) throw new UsageError('Give only one of --file, --url and --url-file.');
  if (file !== undefined) return { file: pathOf(file) };
  if (url !== undefined) return { url };
  if (urlFile !== undefined) return { url: (await readFile(pathOf(urlFile), 'utf8')).trim() };
  const { DATABASE_URL, PORTCULLIS_STORE } = process.env;
  if (DATABASE_URL && PORTCULLIS_STORE)
    throw new UsageError(
      'Both DATABASE_URL and PORTCULLIS_STORE are set: unset one, or name the database on the command line.',
    );
  if (DATABASE_URL) return { url: DATABASE_URL };
  return PORTCULLIS_STORE ? { file: pathOf(PORTCULLIS_STORE) } : undefined;
}

/** A URL may hold a password, which an error about a missing file would show. */
function pathOf(text: string): string {
  if (text.includes('://'))
    throw new UsageError('A URL is no file: put it into DATABASE_URL, or into a file for --url-file.');
  return text;
}
