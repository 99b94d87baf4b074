import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import type { BanStore } from '@portcullis/auth';
import type { Database, Value } from '../database.js';
import { SqliteDatabase } from '../sqlite/sqlite-database.js';
import { SqlBanStore } from './sql-ban.store.js';

type Statement = readonly [sql: string, values: readonly Value[]];

/** Writes down the statements that a database is given. */
function overheard(database: Database, statements: Statement[]): Database {
  return {
    table: database.table,
    recordsIn: (...records) => database.recordsIn(...records),
    textsIn: (parameter) => database.textsIn(parameter),
    notAfterNow: (parameter) => database.notAfterNow(parameter),
    notBeforeNow: (parameter) => database.notBeforeNow(parameter),
    changeBeside: (purpose, work) => database.changeBeside(purpose, work),
    readText: (...query) => database.readText(...query),
    read: (purpose, columns, from, values) => {
      statements.push([`SELECT ${columns.join(', ')} ${from}`, values]);
      return database.read(purpose, columns, from, values);
    },
    change: (purpose, work) =>
      database.change(purpose, ({ change, rows }) =>
        work({
          change: (sql, values = []) => {
            statements.push([sql, values]);
            return change(sql, values);
          },
          rows: (sql, values = []) => {
            statements.push([sql, values]);
            return rows(sql, values);
          },
        }),
      ),
    versions: () => database.versions(),
    migrate: () => database.migrate(),
    close: () => database.close(),
  };
}

let folder: string;
let database: Database;
let client: Client;
let bans: BanStore;
let statements: Statement[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const file = join(folder, 'store.db');
  database = new SqliteDatabase(file, 'p_');
  statements = [];
  bans = new SqlBanStore(overheard(database, statements));
  client = createClient({ url: pathToFileURL(file).href });
});
afterEach(async () => {
  client.close();
  await database.close();
  rmSync(folder, { recursive: true });
});

/** How SQLite goes about what was asked for last. */
async function plan(): Promise<string> {
  const [sql, values] = statements.at(-1) as Statement;
  const { rows } = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: [...values] });
  return rows.map(({ detail }) => detail).join('\n');
}

/** Something is trimmed, so that it is looked for. */
async function trimmed(store: BanStore): Promise<void> {
  const ban = { network: 'n', reason: '', rule: 'r', actor: null, offence: 1, shadow: false, createdAt: 1 };
  const rest = { expiresAt: 1, liftedAt: null, liftedBy: null, strikes: [] };
  await store.save([{ id: 'a', ...ban, ...rest }]);
  await store.trim(0);
}

const after = { createdAt: 2, id: 'b' };
const CASES: readonly [name: string, index: string, call: (bans: BanStore) => Promise<unknown>][] = [
  ['a ban', 'sqlite_autoindex_p_bans_1 (id=?)', (store) => store.findById('a')],
  ['its strikes', 'sqlite_autoindex_p_ban_strikes_1 (ban_id=?)', (store) => store.findById('a')],
  ['the newest', 'p_bans_of_network (network=? AND shadow=?)', (store) => store.findLatest('a', true)],
  ['a page', 'p_bans_newest ((created_at,id)<', (store) => store.list({ after, activeAt: 1, limit: 2 })],
  [
    'the first page',
    'SCAN p_bans USING INDEX p_bans_newest',
    (store) => store.list({ activeAt: 1, limit: 2 }),
  ],
  ['networks', 'p_bans_of_network (network=?', (store) => store.list({ networks: ['a', 'b'], limit: 2 })],
  [
    'a page of networks',
    'p_bans_of_network (network=?',
    (store) => store.list({ networks: ['a'], after, activeAt: 1, limit: 2 }),
  ],
  ['the ban to be lifted', 'sqlite_autoindex_p_bans_1 (id=?)', (store) => store.lift('a', 1, null)],
  ['a network to forget', 'p_bans_of_network (network=?)', (store) => store.forget('a')],
  ['what is over', 'p_bans_end (expires_at<?)', (store) => store.forgetExpiredBefore(1)],
  ['what ends first', 'p_bans_by_rules ((expires_at,id)<', (store) => trimmed(store)],
];

describe('the indexes of bans', () => {
  it.each(CASES)('find %s: %s', async (_, index, call) => {
    await call(bans);
    expect(await plan()).toContain(index);
  });

  it('have lists of everything in their order already', async () => {
    await bans.list({ limit: 2 });
    expect(await plan()).not.toContain('TEMP B-TREE');
  });
});
