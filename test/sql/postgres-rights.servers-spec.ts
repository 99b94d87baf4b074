import type {
  AccountLinkRecord,
  AuditEntry,
  FactorRecord,
  LoginTicketRecord,
  OAuthArtifact,
  OAuthClientRecord,
  OAuthConsentRecord,
  Revocation,
  SessionRecord,
} from '@portcullis/auth';
import { type SqlStores, TABLE_RIGHTS } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import pg from 'pg';
import { complaints, doctor } from '../support/doctor.js';
import { emptyTables } from '../support/empty-tables.js';
import { blocksOf } from '../support/pages.js';
import { PostgresServer } from '../support/postgres-server.js';

const PAGE = 'docs/operations/deployment.md';
const [grants] = (await blocksOf(PAGE)).filter(({ language }) => language === 'sql');

const RIGHTS = Object.entries(TABLE_RIGHTS).flatMap(([table, rights]) =>
  rights.map((right) => [right, `portcullis_${table}`] as const),
);

const KEY_RECORD = {
  ...{ id: 'k1', hash: 'h1', appId: 'depot', issuer: null, subject: null, name: 'Depot', owner: null },
  ...{ tenant: null, metadata: {}, scopes: [], networks: null, rateLimit: null, publicKey: null },
  ...{ createdAt: 1, notBefore: 1, expiresAt: null, disabledAt: null, revokedAt: null, revokedReason: null },
  ...{ replacedBy: null, lastUsedAt: null, lastUsedFrom: null },
};
const BAN = {
  ...{ id: 'b1', network: '203.0.113.7/32', reason: 'scanner', rule: null, actor: null, offence: 1 },
  ...{ shadow: false, createdAt: 1, expiresAt: 9, liftedAt: null, liftedBy: null, strikes: [] },
};
const ENTRY: AuditEntry = {
  ...{ id: 'e1', at: 1, type: 'bans.imported', actor: 'root', subject: null, appId: null, keyId: null },
  ...{ address: null, requestId: null, facts: {} },
};
const REVOCATION: Revocation = {
  ...{ id: 'r1', issuer: 'https://api.example', reason: 'lost', revokedAt: 1, expiresAt: 9 },
  ...{ type: 'token', tokenId: 't1' },
};

const SESSION: SessionRecord = {
  ...{ id: 's1', issuer: 'https://api.example', subject: 'ada', clientId: 'web', scopes: [], createdAt: 1 },
  ...{ authTime: 1, acr: null, amr: [], secretHash: 'h1', generation: 0, rotatedAt: 1 },
  ...{ refreshes: 0, refreshesSince: 1, lastUsedAt: 1 },
  ...{
    lastUsedFrom: null,
    device: null,
    binding: null,
    upstream: null,
    raised: null,
    idleExpiresAt: 9,
    expiresAt: 9,
  },
  ...{ endedAt: null, endedReason: null },
};

const FACTOR: FactorRecord = {
  ...{ id: 'f1', issuer: 'https://api.example', subject: 'ada', kind: 'totp', name: null, createdAt: 1 },
  ...{ confirmedAt: 1, lastUsedAt: null, handle: null, data: '{}', position: -1 },
};
const TRIES = { issuer: 'https://api.example', subject: 'ada', kind: 'totp' };

const TICKET: LoginTicketRecord = {
  ...{ id: 't1', issuer: 'https://api.example', subject: 'ada', clientId: 'web', purpose: 'prove' },
  ...{ login: '{}', network: null, createdAt: 1, expiresAt: 9, tries: 0, usedAt: null },
};

const ARTIFACT: OAuthArtifact = {
  ...{
    model: 'Grant',
    idHash: 'h1',
    issuer: 'https://api.example',
    payload: '',
    grantId: 'g1',
    uidHash: null,
  },
  ...{ userCodeHash: null, clientId: 'shop', subject: 'ada', sessionId: null, createdAt: 1, expiresAt: 9 },
};
const CLIENT: OAuthClientRecord = {
  ...{
    clientId: 'shop',
    name: 'Shop',
    metadata: '{}',
    secrets: [],
    createdAt: 1,
    disabledAt: null,
    version: 0,
  },
};
const LINK: AccountLinkRecord = {
  ...{ issuer: 'https://api.example', subject: 'ada', provider: 'idp', name: null },
  ...{ upstream: { iss: 'https://up.example', sub: 'a' }, createdAt: 1, lastUsedAt: null },
};
const CONSENT: OAuthConsentRecord = {
  ...{ issuer: 'https://api.example', subject: 'ada', clientId: 'shop', scopes: {} },
  ...{ createdAt: 1, updatedAt: 1, expiresAt: 9 },
};

describe('a user of PostgreSQL with the rights that the documentation gives', () => {
  let server: PostgresServer;
  let owner: pg.Pool;
  let app: string;
  let opened: SqlStores[] = [];
  beforeAll(async () => {
    server = await PostgresServer.start('fsync=on');
    app = server.url.replace('tester:hunter2', 'parcels_app:weak-horse');
    owner = new pg.Pool({ connectionString: server.url, max: 1 });
    await owner.query(`CREATE ROLE parcels_app LOGIN PASSWORD 'weak-horse'`);
    const stores = postgres({ url: server.url, schema: 'portcullis' }).open();
    await stores.migrate();
    await stores.close();
  }, 30_000);
  afterAll(async () => {
    await owner?.end();
    await server?.stop();
  });
  beforeEach(async () => {
    await emptyTables(owner, 'portcullis');
    // As documented, whatever the test before has taken away.
    await owner.query(grants?.text ?? '');
  });
  afterEach(async () => {
    await Promise.all(opened.map((stores) => stores.close()));
    opened = [];
  });

  function open(): SqlStores {
    const stores = postgres({ url: app, migrate: false, pollMs: 10 }).open({ name: 'Parcels' });
    opened.push(stores);
    return stores;
  }

  /** Calls that need every right between them. */
  async function useEveryRight(): Promise<void> {
    const { apiKeys, audit, bans, feed, replays, revocations, signingKeys, warning, ...ofUsers } = open();
    await warning?.();
    const { factors, loginTickets, sessions, oauthArtifacts, oauthClients, oauthConsents } = ofUsers;
    const { accountLinks, sharedAddresses } = ofUsers;
    await sharedAddresses.save([{ id: 'a', seenAt: 1 }]);
    await sharedAddresses.list({ since: 0, limit: 1 });
    await sharedAddresses.prune(2, 0);
    await accountLinks.insert(LINK);
    await accountLinks.noteUse(LINK, 'idp', 1);
    await accountLinks.remove(LINK, 'idp', []);
    await revocations.save([REVOCATION]);
    await revocations.findSince(0, 1);
    await revocations.forgetExpiredBefore(9);
    await apiKeys.insert(KEY_RECORD);
    await apiKeys.setDisabled('k1', 1);
    await apiKeys.findById('k1');
    await bans.save([BAN]);
    await bans.findById('b1');
    await bans.forgetByIds(['b1']);
    await audit.append([ENTRY]);
    await audit.list({ limit: 1 });
    await audit.prune(0);
    await signingKeys.list();
    await signingKeys.replaceAll({ kid: 's1', sealed: 'sealed' });
    await replays.firstUse('a', 60);
    const limit = { requests: 9, windowSeconds: 60 };
    await sessions.insert(SESSION);
    await sessions.find('s1');
    await sessions.rotate('s1', 0, { at: 2, from: null, idleExpiresAt: 9, limit });
    await sessions.countRefresh('s1', { at: 2, limit });
    await sessions.forgetAddressesBefore(9);
    await sessions.forgetExpiredBefore(9);
    await factors.insert(FACTOR);
    await factors.replaceCodes('f1', ['c1']);
    await factors.useCode('f1', 'c1', 2);
    await factors.countCodes('f1');
    await factors.beginTry(TRIES, { free: 1, firstDelayMs: 1, longestDelayMs: 1 }, 2);
    await factors.beginTry(TRIES, { free: 1, firstDelayMs: 1, longestDelayMs: 1 }, 2);
    await factors.forgetTries(TRIES);
    await factors.remove('f1', []);
    await loginTickets.insert(TICKET);
    await loginTickets.beginTry('t1', 5, 2);
    await loginTickets.forgetExpiredBefore(9);
    await oauthArtifacts.upsert(ARTIFACT);
    await oauthArtifacts.find(ARTIFACT);
    await oauthArtifacts.end(ARTIFACT);
    await oauthArtifacts.forgetExpiredBefore(9);
    await oauthClients.insert(CLIENT);
    await oauthClients.replace({ ...CLIENT, version: 1 });
    await oauthClients.remove('shop');
    await oauthConsents.keep(CONSENT);
    await oauthConsents.find(CONSENT);
    await oauthConsents.forgetExpiredBefore(9);
    await feed.publish({ kind: 'bans', networks: 'all' });
  }

  /** What is forgotten beside the calls, so that none fails without it. */
  const BESIDE = ['DELETE portcullis_changes', 'DELETE portcullis_replays'];

  it('has no other', async () => {
    const { rows } = await owner.query(
      `SELECT table_name, privilege_type FROM information_schema.role_table_grants WHERE grantee = 'parcels_app'
       AND table_schema = 'portcullis'`,
    );
    const expected = RIGHTS.map(([right, table]) => `${right} ${table}`);
    expect(rows.map(({ table_name, privilege_type }) => `${privilege_type} ${table_name}`).sort()).toEqual(
      expected.sort(),
    );
    await useEveryRight();
    expect(complaints(await doctor({ DATABASE_URL: app }))).toEqual({});
  });

  it.each(RIGHTS)('needs %s on %s, and hears from doctor that it is missing', async (right, table) => {
    await owner.query(`REVOKE ${right} ON portcullis.${table} FROM parcels_app`);
    if (BESIDE.includes(`${right} ${table}`)) await useEveryRight();
    else await expect(useEveryRight()).rejects.toThrow('this user may not do that');
    const { code, found } = await doctor({ DATABASE_URL: app });
    expect(found['postgresql.writing']).toBe(`FAIL this user lacks rights: ${right} on ${table}`);
    expect(code).toBe(1);
  });

  it('hears of all that is missing at once, and of a schema that it may not use', async () => {
    await owner.query('REVOKE ALL ON ALL TABLES IN SCHEMA portcullis FROM parcels_app');
    const without = await doctor({ DATABASE_URL: app });
    const all = RIGHTS.map(([right, table]) => `${right} on ${table}`).join(', ');
    expect(without.found['postgresql.writing']).toBe(`FAIL this user lacks rights: ${all}`);
    await owner.query('REVOKE USAGE ON SCHEMA portcullis FROM parcels_app');
    const hidden = await doctor({ DATABASE_URL: app });
    expect(hidden.found['postgresql.tables']).toBe(
      'FAIL the tables are in the schema portcullis, which this user may not use',
    );
  });
});
