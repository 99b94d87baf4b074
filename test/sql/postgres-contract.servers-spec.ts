import { randomUUID } from 'node:crypto';
import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import { changeFeedContract } from '@portcullis/testing';
import pg from 'pg';
import { AnyPostgres } from '../support/any-postgres.js';
import { emptyTables } from '../support/empty-tables.js';
import { blocksOf } from '../support/pages.js';
import { expectNoReasons, OverheardStatements } from './overheard-statements.js';
import { describeStoreContracts } from './store-contracts.js';

const heard = OverheardStatements.ofPostgres();

const SCHEMA = `contract 1"'`;
/** Of all databases of a server. */
const ROLE = `portcullis_app_${randomUUID().replaceAll('-', '')}`;
const PAGE = 'docs/operations/deployment.md';
const [grants] = (await blocksOf(PAGE)).filter(({ language }) => language === 'sql');

/** What empties a table. */
const EMPTIES = /^\s*DELETE FROM (?!.*\bWHERE\b)/s;
/** These are few: the keys of this app, the accounts of one user, and what comes from parts that are limited each. */
const FEW = [
  /\bportcullis_(signing_keys|migrations)\b/,
  /portcullis_account_links WHERE subject = \$1/,
  /CROSS JOIN LATERAL .* LIMIT \$1\) AS part\b/,
];

/** What is documented, to the letter but for the names. */
function grantsIn(schema: string, role: string): string {
  const { text = '' } = grants ?? {};
  return text
    .replaceAll(/\bportcullis\b/g, () => pg.escapeIdentifier(schema))
    .replaceAll('parcels_app', () => role);
}

describe('two instances with one PostgreSQL, of which one has the rights that the documentation gives', () => {
  let server: AnyPostgres;
  let owner: pg.Pool;
  let stores: SqlStores;
  let others: SqlStores;
  beforeAll(async () => {
    server = await AnyPostgres.open();
    owner = new pg.Pool({ connectionString: server.url, max: 1 });
    const settings = { schema: SCHEMA, pollMs: 10 };
    others = postgres({ ...settings, url: server.url }).open();
    await others.migrate();
    await owner.query(`CREATE ROLE ${ROLE}; ${grantsIn(SCHEMA, ROLE)}`);
    const url = new URL(server.url);
    url.searchParams.set('options', `-c role=${ROLE}`);
    stores = postgres({ ...settings, url: url.href, migrate: false }).open();
  }, 30_000);
  afterAll(async () => {
    await Promise.all([stores?.close(), others?.close()]);
    await owner?.query(`DROP OWNED BY ${ROLE}; DROP ROLE ${ROLE}`);
    await owner?.end();
    await server?.stop();
  });
  beforeEach(() => emptyTables(owner, SCHEMA));

  describeStoreContracts('PostgreSQL', () => ({ one: stores, other: others }));

  describe('what was used once', () => {
    it('is used once by all processes together', async () => {
      const sets = [stores.replays, others.replays];
      const uses = Array.from({ length: 50 }, (_, index) => sets[index % 2]?.firstUse('a', 60));
      expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
    });
  });

  describe('the change feed', () => {
    it('leaves no gap when several processes publish at once', async () => {
      const delivered: string[] = [];
      let missed = 0;
      let note = () => {};
      const stop = await stores.feed.follow({
        changed: (change) => {
          if (change.kind === 'api-keys') delivered.push(...(change.ids as string[]));
          note();
        },
        missed: () => missed++,
        upToDate: () => {},
      });
      const publications = [stores, others].flatMap(({ feed }, publisher) =>
        Array.from({ length: 100 }, (_, index) =>
          feed.publish({ kind: 'api-keys', ids: [`${publisher}-${index}`] }),
        ),
      );
      await Promise.all(publications);
      while (delivered.length < 200) {
        await new Promise<void>((resolve) => {
          note = resolve;
        });
      }
      await stop();
      expect([new Set(delivered).size, missed]).toEqual([200, 0]);
    });

    for (const { name, verify } of changeFeedContract)
      it(name, () => verify({ feed: stores.feed, another: others.feed }), 20_000);
  });

  // Last, when the contracts have had every statement made.
  it('forgets nothing that is not over by the clock of the server', () => {
    const forgetting = heard.all
      .map(([sql]) => sql)
      .filter(
        (sql) => /^\s*DELETE\b.*_at <=? /s.test(sql) || /^\s*UPDATE\b.* SET last_used_from = NULL/s.test(sql),
      );
    expect(forgetting.length).toBeGreaterThan(8);
    expect(forgetting.filter((sql) => !/_at <=? least\(\$\d, /.test(sql))).toEqual([]);
  });

  it('reads revocations without their reasons, which are pages long', () => expectNoReasons(heard));

  it('has an index for every statement of all stores, which gives it rows in their order', async () => {
    const slow: unknown[] = [];
    const client = await owner.connect();
    try {
      await client.query(`SET search_path = ${pg.escapeIdentifier(SCHEMA)}`);
      // Empty tables are read from one end to the other, unless that is dear.
      await client.query('SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off');
      for (const [sql, values] of heard.all) {
        if (EMPTIES.test(sql)) continue;
        const { rows } = await client.query({ text: `EXPLAIN (COSTS OFF) ${sql}`, values: [...values] });
        const isOfFew = FEW.some((few) => few.test(sql));
        const steps = rows
          .map((row) => String(row['QUERY PLAN']))
          .filter((step) => /Seq Scan on portcullis_/.test(step) || (!isOfFew && /^\W*Sort$/.test(step)));
        if (steps.length > 0) slow.push([sql, steps]);
      }
    } finally {
      client.release(true);
    }
    expect(heard.all.length).toBeGreaterThan(100);
    expect(slow).toEqual([]);
  });
});
