import type { BanStore } from '@portcullis/auth';
import type { SqlStores } from '@portcullis/sql';
import { ExplainedPostgres } from '../support/explained-postgres.js';

/** As many as it takes for an index to be worth it. */
const BANS = 100_000;
const after = { createdAt: 2_000, id: 'b' };

const CASES: readonly [name: string, parts: readonly string[], call: (bans: BanStore) => Promise<unknown>][] =
  [
    ['a ban', ['Index Scan using portcullis_bans_pkey'], (bans) => bans.findById('b1')],
    ['its strikes', ['Index Scan using portcullis_ban_strikes_pkey'], (bans) => bans.findById('b1')],
    ['the newest', ['portcullis_bans_of_network'], (bans) => bans.findLatest('n7', false)],
    [
      'a page',
      ['portcullis_bans_newest', 'Index Cond: ((ROW(created_at, id) <'],
      (bans) => bans.list({ after, activeAt: 1, limit: 2 }),
    ],
    [
      'the first page',
      ['Index Scan Backward using portcullis_bans_newest'],
      (bans) => bans.list({ activeAt: 1, limit: 2 }),
    ],
    [
      'networks',
      ['portcullis_bans_of_network'],
      (bans) => bans.list({ networks: ['n1', 'n2'], limit: 1_000 }),
    ],
    ['the ban to be lifted', ['Index Scan using portcullis_bans_pkey'], (bans) => bans.lift('b1', 1, null)],
    ['a network to forget', ['portcullis_bans_of_network'], (bans) => bans.forget('n7')],
    ['what is over', ['portcullis_bans_end'], (bans) => bans.forgetExpiredBefore(1)],
    ['what ends first', ['portcullis_bans_by_rules'], (bans) => bans.trim(BANS - 10)],
  ];

describe('the indexes in PostgreSQL', () => {
  let explained: ExplainedPostgres;
  beforeAll(async () => {
    explained = await ExplainedPostgres.start(`
    INSERT INTO portcullis_bans (id, network, reason, rule, offence, shadow, created_at, expires_at)
    SELECT 'b' || i, 'n' || i % (${BANS} / 4), '', 'r', 1, 0, i, 10 + i FROM generate_series(1, ${BANS}) AS i;
    INSERT INTO portcullis_ban_strikes SELECT id, '[]' FROM portcullis_bans;
    INSERT INTO portcullis_sessions (id, issuer, subject, client_id, scopes, created_at, auth_time, amr, secret_hash,
      generation, rotated_at, last_used_at, idle_expires_at, expires_at)
    SELECT 's' || i, 'i', 'user ' || i, 'web', '[]', i, i, '[]', '', 0, i, i, 9e12, 9e12 FROM generate_series(1, 2000) AS i;
    UPDATE portcullis_sessions SET ended_at = 1;
    `);
  }, 60_000);
  afterAll(() => explained?.stop());

  it.each(CASES)('find %s', async (_, parts, call) => {
    const plan = await explained.plansOf('portcullis_bans', ({ bans }) => call(bans));
    for (const part of parts) expect(plan).toContain(part);
    // What is trimmed is counted first.
    expect(plan.replace(/Aggregate.*\s+.*Seq Scan/, '')).not.toContain('Seq Scan');
  });

  it('find the sessions of a user that go on, also while PostgreSQL takes it that none does', async () => {
    const end = ({ sessions }: SqlStores) => sessions.end({ issuer: 'i', subject: 'user 7' }, 2, 'spec');
    const plan = await explained.plansOf('portcullis_sessions', end);
    expect(plan).toContain('portcullis_sessions_going_on');
    expect(plan).not.toContain('portcullis_sessions_of_client');
  });

  it('have lists of everything in their order already', async () => {
    const plan = await explained.plansOf('portcullis_bans', ({ bans }) => bans.list({ limit: 2 }));
    expect(plan).toContain('portcullis_bans_newest');
    expect(plan).not.toContain('Sort');
  });
});
