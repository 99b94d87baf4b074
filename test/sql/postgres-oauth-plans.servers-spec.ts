import type { SqlStores } from '@portcullis/sql';
import { ExplainedPostgres } from '../support/explained-postgres.js';

/** As many as it takes for an index to be worth it. */
const ROWS = 100_000;
const ISSUER = { issuer: 'i' };
const KEY = { model: 'RefreshToken', idHash: 'h7' };
const OWNER = { ...ISSUER, subject: 's7' };

const FILLING = `
  INSERT INTO portcullis_oauth_artifacts (model, id_hash, issuer, payload, grant_id, uid_hash, user_code_hash, client_id,
      subject, session_id, created_at, expires_at, has_ended)
    SELECT 'RefreshToken', 'h' || i, 'i', '{}', 'g' || i % 5000, 'u' || i, 'c' || i, 'c' || i % 5000,
      's' || i % 5000, 'l' || i % 5000, i, 10 + i, 0 FROM generate_series(1, ${ROWS}) AS i;
  INSERT INTO portcullis_oauth_clients (id, name, metadata, secrets, created_at, version)
    SELECT 'c' || i, 'n', '{}', '[]', i, 0 FROM generate_series(1, ${ROWS}) AS i;
  INSERT INTO portcullis_oauth_consents (issuer, subject, client_id, scopes, created_at, updated_at, expires_at)
    SELECT 'i', 's' || i % 5000, 'c' || i / 100, '[]', i, i, 10 + i FROM generate_series(1, ${ROWS}) AS i;
  INSERT INTO portcullis_account_links (issuer, subject, provider, upstream_iss, upstream_sub, created_at)
    SELECT 'i', 's' || i % 5000, 'p' || i, 'https://up.example', 'o' || i, i FROM generate_series(1, ${ROWS}) AS i;
`;

type Case = readonly [
  name: string,
  table: string,
  index: string,
  call: (stores: SqlStores) => Promise<unknown>,
];

const CASES: readonly Case[] = [
  ...(
    [
      ['a token', 'pkey', ({ oauthArtifacts }) => oauthArtifacts.find(KEY)],
      ['a token to be used', 'pkey', ({ oauthArtifacts }) => oauthArtifacts.consume(KEY, 1)],
      ['a token to be ended', 'pkey', ({ oauthArtifacts }) => oauthArtifacts.end(KEY)],
      ['a login', 'uid', ({ oauthArtifacts }) => oauthArtifacts.findByUid('RefreshToken', 'u8')],
      ['a code', 'user_code', ({ oauthArtifacts }) => oauthArtifacts.findByUserCode('RefreshToken', 'c8')],
      ['a grant', 'grant', ({ oauthArtifacts }) => oauthArtifacts.revoke({ ...ISSUER, grantId: 'g9' })],
      [
        'what a login has',
        'session',
        ({ oauthArtifacts }) => oauthArtifacts.revoke({ ...ISSUER, sessionId: 'l10' }),
      ],
      [
        'what a user has',
        'user',
        ({ oauthArtifacts }) => oauthArtifacts.revoke({ ...ISSUER, subject: 's11' }),
      ],
      [
        'what a client has',
        'client',
        ({ oauthArtifacts }) => oauthArtifacts.revoke({ ...ISSUER, clientId: 'c12' }),
      ],
      ['what is over', 'end', ({ oauthArtifacts }) => oauthArtifacts.forgetExpiredBefore(1)],
    ] as const satisfies readonly (readonly [string, string, Case[3]])[]
  ).map(
    ([name, index, call]): Case => [
      name,
      'portcullis_oauth_artifacts',
      `portcullis_oauth_artifacts_${index}`,
      call,
    ],
  ),
  [
    'a client',
    'portcullis_oauth_clients',
    'portcullis_oauth_clients_pkey',
    ({ oauthClients }) => oauthClients.find('c7'),
  ],
  [
    'a page of clients',
    'portcullis_oauth_clients',
    'portcullis_oauth_clients_newest',
    ({ oauthClients }) => oauthClients.list({ after: { createdAt: 90_000, id: 'c' }, limit: 2 }),
  ],
  [
    'a consent',
    'portcullis_oauth_consents',
    'portcullis_oauth_consents_pkey',
    ({ oauthConsents }) => oauthConsents.find({ ...OWNER, clientId: 'c50' }),
  ],
  [
    'the consents of a user',
    'portcullis_oauth_consents',
    'portcullis_oauth_consents_pkey',
    ({ oauthConsents }) => oauthConsents.list({ ...OWNER, limit: 5 }),
  ],
  [
    'the consents to a client',
    'portcullis_oauth_consents',
    'portcullis_oauth_consents_client',
    ({ oauthConsents }) => oauthConsents.withdraw({ ...ISSUER, clientId: 'c8' }),
  ],
  [
    'consents that are over',
    'portcullis_oauth_consents',
    'portcullis_oauth_consents_end',
    ({ oauthConsents }) => oauthConsents.forgetExpiredBefore(1),
  ],
  [
    'who somebody is here',
    'portcullis_account_links',
    'portcullis_account_links_upstream',
    ({ accountLinks }) => accountLinks.find('i', { iss: 'https://up.example', sub: 'o7' }),
  ],
  [
    'the accounts of a user elsewhere',
    'portcullis_account_links',
    'portcullis_account_links_pkey',
    ({ accountLinks }) => accountLinks.list(OWNER),
  ],
  [
    'an account to be removed',
    'portcullis_account_links',
    'portcullis_account_links_pkey',
    ({ accountLinks }) => accountLinks.remove(OWNER, 'p7', ['p5007']),
  ],
];

describe('the indexes of an authorization server in PostgreSQL', () => {
  let explained: ExplainedPostgres;
  beforeAll(async () => {
    explained = await ExplainedPostgres.start(FILLING);
  }, 60_000);
  afterAll(() => explained?.stop());

  it.each(CASES)('find %s', async (_, table, index, call) => {
    const plan = await explained.plansOf(table, call);
    expect(plan).toContain(index);
    expect(plan).not.toContain('Seq Scan');
  });

  it('let what is over be forgotten some at a time, beside those who go on', async () => {
    const { oauthArtifacts } = explained.stores;
    const forgetting = explained.plansOf('portcullis_oauth_artifacts', () =>
      oauthArtifacts.forgetExpiredBefore(5_010),
    );
    const found = await Promise.all(
      [9_001, 9_002, 9_003].map((i) => oauthArtifacts.find({ ...KEY, idHash: `h${i}` })),
    );
    expect(found.map((one) => one?.idHash)).toEqual(['h9001', 'h9002', 'h9003']);
    const deletions = (await forgetting).match(/Delete on /g) ?? [];
    expect(deletions.length).toBeGreaterThanOrEqual(10);
    expect(await oauthArtifacts.find({ ...KEY, idHash: 'h4999' })).toBeUndefined();
  });
});
