import type { AuditQuery, AuditStore } from '@portcullis/auth';
import { ExplainedPostgres } from '../support/explained-postgres.js';

/** As many as it takes for an index to be worth it. */
const ENTRIES = 100_000;
const after = { at: 90_000, id: 'b' };

const page = (query: Partial<AuditQuery>) => (audit: AuditStore) => audit.list({ ...query, limit: 2 });
const CASES: readonly [
  name: string,
  parts: readonly string[],
  call: (audit: AuditStore) => Promise<unknown>,
][] = [
  ['the first page', ['Index Scan Backward using portcullis_audit_newest'], page({})],
  ['a page', ['portcullis_audit_newest', 'Index Cond: (ROW(happened_at, id) <'], page({ after })],
  ['a time', ['portcullis_audit_newest', 'Index Cond: ((happened_at >='], page({ since: 10, until: 20 })],
  ['a rare type', ['portcullis_audit_of_type'], page({ types: ['bans.cleared'] })],
  ['types', ['portcullis_audit_of_type', 'Append'], page({ types: ['bans.cleared', 'bans.imported'] })],
  ['an actor', ['portcullis_audit_of_actor'], page({ actor: 'a7' })],
  ['a page of an actor', ['portcullis_audit_of_actor'], page({ actor: 'a7', after })],
  ['a user', ['portcullis_audit_of_subject'], page({ subject: 's7' })],
  ['an app', ['portcullis_audit_of_app_id'], page({ appId: 'p7' })],
  ['a key', ['portcullis_audit_of_key_id'], page({ keyId: 'k7' })],
  ['an address', ['portcullis_audit_of_address'], page({ address: '7', since: 3 })],
  ['a request', ['portcullis_audit_of_request_id'], page({ requestId: 'r7' })],
  ['a type of an app', ['portcullis_audit_of_app_id'], page({ appId: 'p7', types: ['request.refused'] })],
  ['what is old', ['portcullis_audit_newest'], (audit) => audit.prune(1)],
];

describe('the indexes of the audit log in PostgreSQL', () => {
  let explained: ExplainedPostgres;
  beforeAll(async () => {
    explained = await ExplainedPostgres.start(`
    INSERT INTO portcullis_audit
      (id, happened_at, type, actor, subject, app_id, key_id, address, request_id, facts)
    SELECT 'e' || i, i, CASE WHEN i % 10000 = 0 THEN 'bans.cleared' ELSE 'request.refused' END,
      CASE WHEN i % 10 = 0 THEN 'a' || i % 1000 END, 's' || i % 5000, 'p' || i % 5000, 'k' || i % 5000,
      i % 5000, 'r' || i, '{}'
    FROM generate_series(1, ${ENTRIES}) AS i;
    `);
  }, 60_000);
  afterAll(() => explained?.stop());

  it.each(CASES)('find %s', async (_, parts, call) => {
    const plan = await explained.plansOf('portcullis_audit', ({ audit }) => call(audit));
    for (const part of parts) expect(plan).toContain(part);
    expect(plan).not.toContain('Seq Scan');
  });
});
