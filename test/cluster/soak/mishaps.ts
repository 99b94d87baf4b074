import { rename, rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import pg from 'pg';

/** Something that is done to what the processes share, from outside, as operators and cron jobs do. */
export interface Mishap {
  readonly name:
    | 'lock a table'
    | 'lock the changes'
    | 'lock what ends with users'
    | 'forget the changes'
    | 'replace the file';
  /** Whether nobody is answered afterwards, until all processes are started again. */
  readonly isFatal?: boolean;
  /**
   * @param lot from 0 to less than 1
   * @returns what ends it
   */
  begin(lot: number): Promise<() => Promise<void>>;
}

const nothing = async () => {};
/** What operations wait for. */
const TABLES = ['api_keys', 'revocations', 'sessions', 'changes', 'api_keys', 'signing_keys', 'bans'];
/** What users have besides tokens. */
const ENDING = ['api_keys', 'sessions', 'oauth_artifacts'];
const FORGET = 'DELETE FROM portcullis_changes';

/** @param url goes to it directly */
export function postgresMishaps(url: string): readonly Mishap[] {
  return [
    {
      name: 'lock a table',
      begin: (lot) => locked(url, TABLES[Math.floor(lot * TABLES.length)] as string),
    },
    {
      name: 'lock what ends with users',
      begin: (lot) => locked(url, ENDING[Math.floor(lot * ENDING.length)] as string),
    },
    { name: 'lock the changes', begin: () => locked(url, 'changes') },
    {
      name: 'forget the changes',
      begin: async () => {
        const client = await connected(url);
        await client?.query(FORGET).catch(nothing);
        await client?.end().catch(nothing);
        return nothing;
      },
    },
  ];
}

async function locked(url: string, table: string): Promise<() => Promise<void>> {
  const client = await connected(url);
  await client?.query(`BEGIN; LOCK TABLE portcullis_${table}`).catch(nothing);
  return async () => client?.end().catch(nothing);
}

/** Undefined where the server is away. */
async function connected(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 1_000,
    statement_timeout: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return client;
  } catch {
    return undefined;
  }
}

export function sqliteMishaps(file: string): readonly Mishap[] {
  const url = pathToFileURL(file).href;
  return [
    {
      name: 'forget the changes',
      begin: async () => {
        const client = createClient({ url });
        await client.executeMultiple(`PRAGMA busy_timeout = 5000; ${FORGET}`).catch(nothing);
        client.close();
        return nothing;
      },
    },
    { name: 'replace the file', isFatal: true, begin: () => replaced(file, url) },
  ];
}

/** By one with all that was acknowledged by then: nobody changes it while it is copied. */
async function replaced(file: string, url: string): Promise<() => Promise<void>> {
  const [holder, reader] = [createClient({ url }), createClient({ url })];
  const copy = `${file}-copy`;
  try {
    const hold = await holder.transaction('write');
    await reader.execute({ sql: 'VACUUM INTO ?', args: [copy] });
    await rename(copy, file);
    for (const companion of ['-wal', '-shm']) await rm(`${file}${companion}`, { force: true });
    hold.close();
  } catch {
    // Somebody else is changing it.
    await rm(copy, { force: true });
  } finally {
    for (const client of [reader, holder]) client.close();
  }
  return nothing;
}
