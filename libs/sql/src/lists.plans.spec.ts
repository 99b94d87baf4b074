import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Client, createClient } from '@libsql/client';
import {
  API_KEY_STATES,
  type ApiKeyQuery,
  AUDIT_NAMES,
  type AuditQuery,
  type BanQuery,
  type OAuthClientQuery,
  type SessionQuery,
} from '@portcullis/auth';
import { SqlApiKeyStore } from './api-keys/sql-api-key.store.js';
import { SqlAuditStore } from './audit/sql-audit.store.js';
import { SqlBanStore } from './bans/sql-ban.store.js';
import type { Value } from './database.js';
import { SqlFactorStore } from './factors/sql-factor.store.js';
import { SqlOAuthClientStore } from './oauth/sql-oauth-client.store.js';
import { SqlSessionStore } from './sessions/sql-session.store.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';

/** More than one statement looks through. */
const ROWS = 6_000;

/** Writes down what it is asked for. */
class OverheardDatabase extends SqliteDatabase {
  readonly asked: { readonly sql: string; readonly args: readonly Value[] }[] = [];

  override read(purpose: string, columns: readonly string[], from: string, args: readonly Value[]) {
    this.asked.push({ sql: `SELECT ${columns.join(', ')} ${from}`, args });
    return super.read(purpose, columns, from, args);
  }
}

const NUMBERS = `(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT i FROM n)`;
const FILLINGS = [
  `INSERT INTO p_bans (id, network, reason, rule, offence, shadow, created_at, expires_at)
   SELECT 'b' || i, '2001:db8::/64', '', 'honeypot', 1, 0, i, 1 FROM ${NUMBERS}`,
  `INSERT INTO p_api_keys (id, hash, app_id, name, owner, tenant, metadata, scopes, created_at, not_before)
   SELECT 'k' || i, 'h' || i, 'depot', '', 'ops', 'north', '{}', '[]', i, i FROM ${NUMBERS}`,
  `INSERT INTO p_audit (id, happened_at, type, actor, subject, app_id, key_id, address, request_id, facts)
   SELECT 'e' || i, i, 'bans.cleared', 'x', 'x', 'x', 'x', 'x', 'x', '{}' FROM ${NUMBERS}`,
  `INSERT INTO p_sessions (id, issuer, subject, client_id, scopes, created_at, auth_time, amr, secret_hash, generation,
     rotated_at, last_used_at, idle_expires_at, expires_at, ended_at)
   SELECT 's' || i, 'i', 'ann', 'web', '[]', i, i, '[]', 'h', 0, i, i, i, i, CASE WHEN i > 20 THEN i END FROM ${NUMBERS}`,
];

let folder: string;
let database: OverheardDatabase;
let client: Client;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const file = join(folder, 'store.db');
  database = new OverheardDatabase(file, 'p_');
  await database.migrate();
  client = createClient({ url: pathToFileURL(file).href });
  for (const filling of FILLINGS) await client.execute(filling);
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
async function steps(): Promise<string[]> {
  const found: string[] = [];
  for (const { sql, args } of database.asked) {
    const { rows } = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args: [...args] });
    found.push(...rows.map(({ detail }) => String(detail)));
  }
  return found;
}

/** Each choice of the given parts, none and all of them too. */
function combinations<Query extends object>([first, ...others]: readonly Query[]): Query[] {
  if (first === undefined) return [{} as Query];
  return combinations(others).flatMap((rest) => [rest, { ...first, ...rest }]);
}

const target = { networks: ['2001:db8::/64', '2001:db8::/32'] };
const position = { after: { createdAt: 5_900, id: 'b' } };
const BANS: Partial<BanQuery>[] = combinations<Partial<BanQuery>>([
  { activeAt: 5 },
  { rule: 'honeypot' },
  { shadow: false },
  target,
  position,
]);
const KEYS: Partial<ApiKeyQuery>[] = [undefined, ...API_KEY_STATES].flatMap((is) =>
  combinations<Partial<ApiKeyQuery>>([
    { appId: 'depot' },
    { subject: 'ann' },
    { owner: 'ops' },
    { tenant: 'north' },
    position,
  ]).map((query) => (is === undefined ? query : { ...query, state: { is, at: 10 } })),
);
const ENTRIES: Partial<AuditQuery>[] = [
  {},
  ...AUDIT_NAMES.map((name) => ({ [name]: 'x' })),
  ...AUDIT_NAMES.map((name) => ({ actor: 'x', [name]: 'x' })),
].flatMap((named) =>
  combinations<Partial<AuditQuery>>([
    { types: ['bans.cleared', 'request.refused'] },
    { since: 5 },
    { until: 5_990 },
    { after: { at: 5_900, id: 'e' } },
  ]).map((query) => ({ ...named, ...query })),
);

const SESSIONS: Partial<SessionQuery>[] = combinations<Partial<SessionQuery>>([{ liveAt: 5 }, position]).map(
  (query) => ({ issuer: 'i', subject: 'ann', ...query }),
);

const LISTS: readonly [string, readonly object[], (query: never) => Promise<unknown>][] = [
  ['bans', BANS, (query: BanQuery) => new SqlBanStore(database).list(query)],
  ['API keys', KEYS, (query: ApiKeyQuery) => new SqlApiKeyStore(database).list(query)],
  ['the audit log', ENTRIES, (query: AuditQuery) => new SqlAuditStore(database).list(query)],
  ['sessions', SESSIONS, (query: SessionQuery) => new SqlSessionStore(database).list(query)],
  [
    'OAuth clients',
    [{}, position],
    (query: OAuthClientQuery) => new SqlOAuthClientStore(database).list(query),
  ],
];

describe.each(LISTS)('lists of %s in SQLite', (_, queries, list) => {
  it('are found by an index, and in order already, whatever they are filtered by', async () => {
    for (const query of queries) {
      database.asked.length = 0;
      await list({ ...query, limit: 10 } as never);
      const found = await steps();
      const context = JSON.stringify(query);
      expect([context, found.filter((step) => step.includes('TEMP B-TREE'))]).toEqual([context, []]);
      // Without any filter it begins with the newest.
      const scans = found.filter(
        (step) => /^SCAN p_/.test(step) && !/_newest$|not_revoked$|_revoked$|_disabled$|_delayed$/.test(step),
      );
      expect([context, scans]).toEqual([context, []]);
    }
  });
});

describe('the factors of a user', () => {
  it('are found by an index, and in order already', async () => {
    await new SqlFactorStore(database).list({ issuer: 'i', subject: 'ann' });
    const found = (await steps()).join();
    expect(found).toContain('p_factors_of_user');
    expect(found).not.toMatch(/TEMP B-TREE|SCAN p_/);
  });

  it('are found by their handle', async () => {
    await new SqlFactorStore(database).findByHandle('passkey', 'h');
    expect((await steps()).join()).toContain(
      'SEARCH p_factors USING INDEX p_factors_handle (handle=? AND kind=?)',
    );
  });
});

describe('the sessions of a user that go on', () => {
  it('are found without walking over those that have ended', async () => {
    const store = new SqlSessionStore(database);
    const found = await store.list({ issuer: 'i', subject: 'ann', liveAt: 10, limit: 20 });
    expect(found).toHaveLength(10);
    expect(found.stoppedAt).toBeUndefined();
    expect((await steps()).join()).toContain('p_sessions_going_on');
  });
});

describe('a list whose filter has no index', () => {
  it('stops, says where, and has everything when it has gone on', async () => {
    const bans = new SqlBanStore(database);
    const first = await bans.list({ activeAt: 5, limit: 10 });
    expect(first).toHaveLength(0);
    expect(first.stoppedAt).toEqual({ createdAt: ROWS - 4_999, id: `b${ROWS - 4_999}` });
    const rest = await bans.list({
      activeAt: 5,
      limit: 10,
      after: first.stoppedAt as { createdAt: number; id: string },
    });
    expect(rest).toHaveLength(0);
    expect(rest.stoppedAt).toBeUndefined();
  });

  it('finds what lies before, and behind where it has stopped', async () => {
    await client.execute("UPDATE p_bans SET expires_at = 100 WHERE id IN ('b1001', 'b1000', 'b6000')");
    const bans = new SqlBanStore(database);
    const first = await bans.list({ activeAt: 5, limit: 10 });
    expect(first.map(({ id }) => id)).toEqual(['b6000', 'b1001']);
    const { stoppedAt } = first;
    expect(
      (await bans.list({ activeAt: 5, limit: 10, ...(stoppedAt && { after: stoppedAt }) })).map(
        ({ id }) => id,
      ),
    ).toEqual(['b1000']);
  });
});
