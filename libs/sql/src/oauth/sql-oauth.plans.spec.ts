import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import type { Transaction, Value } from '../database.js';
import { SqliteDatabase } from '../sqlite/sqlite-database.js';
import { SqlOAuthArtifactStore } from './sql-oauth-artifact.store.js';
import { SqlOAuthConsentStore } from './sql-oauth-consent.store.js';

/** Writes down what it is asked for. */
class OverheardDatabase extends SqliteDatabase {
  readonly asked: { readonly sql: string; readonly args: readonly Value[] }[] = [];

  override changeBeside<T>(
    purpose: string,
    work: (transaction: Transaction, turn: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    return super.changeBeside(purpose, (transaction, turn) => {
      const overhear = (sql: string, args: readonly Value[] = []) => {
        this.asked.push({ sql, args });
        return { sql, args };
      };
      const overheard: Transaction = {
        change: (sql, values) => transaction.change(overhear(sql, values).sql, values),
        rows: (sql, values) => transaction.rows(overhear(sql, values).sql, values),
      };
      return work(overheard, turn);
    });
  }

  override read(purpose: string, columns: readonly string[], from: string, args: readonly Value[]) {
    this.asked.push({ sql: `SELECT ${columns.join(', ')} ${from}`, args });
    return super.read(purpose, columns, from, args);
  }
}

let folder: string;
let database: OverheardDatabase;
let client: Client;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const file = join(folder, 'store.db');
  database = new OverheardDatabase(file, 'p_');
  await database.migrate();
  client = createClient({ url: pathToFileURL(file).href });
});
afterAll(async () => {
  client.close();
  await database.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  database.asked.length = 0;
});

/** How SQLite goes about everything that it was asked. */
async function steps(): Promise<string> {
  const found: string[] = [];
  for (const { sql, args } of database.asked) {
    const { rows } = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: [...args] });
    found.push(...rows.map(({ detail }) => String(detail)));
  }
  return found.join('; ');
}

const KEY = { model: 'Grant', idHash: 'h' };
const ISSUER = { issuer: 'i' };
const ARTIFACT_CALLS: readonly [string, string, (artifacts: SqlOAuthArtifactStore) => Promise<unknown>][] = [
  [
    'by its key',
    'sqlite_autoindex_p_oauth_artifacts_1 (id_hash=? AND model=?)',
    (artifacts) => artifacts.find(KEY),
  ],
  [
    'to be used',
    'sqlite_autoindex_p_oauth_artifacts_1 (id_hash=? AND model=?)',
    (artifacts) => artifacts.consume(KEY, 1),
  ],
  [
    'by a uid',
    'oauth_artifacts_uid (uid_hash=? AND model=?)',
    (artifacts) => artifacts.findByUid('Session', 'u'),
  ],
  [
    'by a user code',
    'oauth_artifacts_user_code (user_code_hash=? AND model=?)',
    (artifacts) => artifacts.findByUserCode('DeviceCode', 'c'),
  ],
  [
    'of a grant',
    'oauth_artifacts_grant (grant_id=?',
    (artifacts) => artifacts.revoke({ ...ISSUER, grantId: 'g' }),
  ],
  [
    'of a login',
    'oauth_artifacts_session (session_id=?',
    (artifacts) => artifacts.revoke({ ...ISSUER, sessionId: 's' }),
  ],
  [
    'of a user',
    'oauth_artifacts_user (subject=? AND issuer=?',
    (artifacts) => artifacts.revoke({ ...ISSUER, subject: 'ann', madeBy: 5 }),
  ],
  [
    'of a user at a client',
    'oauth_artifacts_user (subject=? AND issuer=? AND client_id=?)',
    (artifacts) => artifacts.revoke({ ...ISSUER, subject: 'ann', clientId: 'shop' }),
  ],
  [
    'of a client',
    'oauth_artifacts_client (client_id=?',
    (artifacts) => artifacts.revoke({ ...ISSUER, clientId: 'shop' }),
  ],
  ['that is over', 'oauth_artifacts_end (expires_at<?)', (artifacts) => artifacts.forgetExpiredBefore(5)],
];

describe('what an authorization server gives out', () => {
  it.each(ARTIFACT_CALLS)('is found by an index: what is looked for %s', async (_, index, call) => {
    await call(new SqlOAuthArtifactStore(database));
    const found = await steps();
    expect(found).toContain(index);
    expect(found).not.toMatch(/TEMP B-TREE|SCAN p_/);
  });

  it('is found by an index: the grants of a user at a client', async () => {
    const which = { ...ISSUER, subject: 'ann', clientId: 'shop' };
    await new SqlOAuthArtifactStore(database).grantsOf(which);
    const found = await steps();
    expect(found).toContain('oauth_artifacts_user (subject=? AND issuer=? AND client_id=?)');
    expect(found).not.toMatch(/SCAN p_/);
  });
});

const CONSENT_CALLS: readonly [string, string, (consents: SqlOAuthConsentStore) => Promise<unknown>][] = [
  [
    'by its key',
    'sqlite_autoindex_p_oauth_consents_1 (subject=? AND issuer=? AND client_id=?)',
    (consents) => consents.find({ ...ISSUER, subject: 'ann', clientId: 'shop' }),
  ],
  [
    'of a user',
    'sqlite_autoindex_p_oauth_consents_1 (subject=? AND issuer=? AND client_id>?)',
    (consents) => consents.list({ ...ISSUER, subject: 'ann', after: 'shop', limit: 5 }),
  ],
  [
    'of a user, to be withdrawn',
    'sqlite_autoindex_p_oauth_consents_1 (subject=? AND issuer=?)',
    (consents) => consents.withdraw({ ...ISSUER, subject: 'ann' }),
  ],
  [
    'to a client',
    'oauth_consents_client (client_id=? AND issuer=?)',
    (consents) => consents.withdraw({ ...ISSUER, clientId: 'shop' }),
  ],
  ['that is over', 'oauth_consents_end (expires_at', (consents) => consents.forgetExpiredBefore(5)],
];

describe('consents', () => {
  it.each(CONSENT_CALLS)('are found by an index: what is looked for %s', async (_, index, call) => {
    await call(new SqlOAuthConsentStore(database));
    const found = await steps();
    expect(found).toContain(index);
    expect(found).not.toMatch(/TEMP B-TREE|SCAN p_/);
  });
});
