import type { SqlStores } from '@portcullis/sql';
import { postgres } from '@portcullis/sql/postgres';
import {
  accountLinkStoreContract,
  apiKeyStoreContract,
  auditStoreContract,
  banStoreContract,
  changeFeedContract,
  factorStoreContract,
  loginTicketStoreContract,
  oauthArtifactStoreContract,
  oauthClientStoreContract,
  oauthConsentStoreContract,
  replaySetContract,
  revocationStoreContract,
  sessionStoreContract,
  signingKeyStoreContract,
} from '@portcullis/testing';
import pg from 'pg';
import { AnyPostgres } from '../support/any-postgres.js';
import { emptyTables } from '../support/empty-tables.js';
import { inTurns } from '../support/in-turns.js';

const SCHEMA = `contract 1"'`;

describe('in PostgreSQL', () => {
  let server: AnyPostgres;
  let owner: pg.Pool;
  let stores: SqlStores;
  let others: SqlStores;
  beforeAll(async () => {
    server = await AnyPostgres.open();
    owner = new pg.Pool({ connectionString: server.url, max: 1 });
    const open = () => postgres({ url: server.url, schema: SCHEMA, pollMs: 10 }).open();
    [stores, others] = [open(), open()];
    await stores.migrate();
  }, 30_000);
  afterAll(async () => {
    await Promise.all([stores?.close(), others?.close(), owner?.end()]);
    await server?.stop();
  });
  beforeEach(() => emptyTables(owner, SCHEMA));

  describe('the store of bans', () => {
    for (const { name, verify } of banStoreContract) it(name, () => verify(stores.bans), 20_000);
  });

  describe('the store of API keys', () => {
    for (const { name, verify } of apiKeyStoreContract) it(name, () => verify(stores.apiKeys), 20_000);
  });

  describe('the audit log', () => {
    for (const { name, verify } of auditStoreContract) it(name, () => verify(stores.audit), 20_000);
  });

  describe('the store of revocations', () => {
    for (const { name, verify } of revocationStoreContract)
      it(name, () => verify(stores.revocations), 20_000);
  });

  describe('the store of sessions', () => {
    for (const { name, verify } of sessionStoreContract) it(name, () => verify(stores.sessions), 20_000);
  });

  describe('the store of factors', () => {
    for (const { name, verify } of factorStoreContract) {
      it(name, () => verify(stores.factors), 20_000);
      it(`${name}, by two instances`, () => verify(inTurns(stores.factors, others.factors)), 20_000);
    }
  });

  describe('the store of login tickets', () => {
    for (const { name, verify } of loginTicketStoreContract) {
      it(name, () => verify(stores.loginTickets), 20_000);
      it(
        `${name}, by two instances`,
        () => verify(inTurns(stores.loginTickets, others.loginTickets)),
        20_000,
      );
    }
  });

  describe('the store of what an authorization server gives out', () => {
    for (const { name, verify } of oauthArtifactStoreContract) {
      it(name, () => verify(stores.oauthArtifacts), 20_000);
      it(
        `${name}, by two instances`,
        () => verify(inTurns(stores.oauthArtifacts, others.oauthArtifacts)),
        20_000,
      );
    }
  });

  describe('the store of OAuth clients', () => {
    for (const { name, verify } of oauthClientStoreContract) {
      it(name, () => verify(stores.oauthClients), 20_000);
      it(
        `${name}, by two instances`,
        () => verify(inTurns(stores.oauthClients, others.oauthClients)),
        20_000,
      );
    }
  });

  describe('the store of account links', () => {
    for (const { name, verify } of accountLinkStoreContract) {
      it(name, () => verify(stores.accountLinks), 20_000);
      it(
        `${name}, by two instances`,
        () => verify(inTurns(stores.accountLinks, others.accountLinks)),
        20_000,
      );
    }
  });

  describe('the store of consents', () => {
    for (const { name, verify } of oauthConsentStoreContract) {
      it(name, () => verify(stores.oauthConsents), 20_000);
      it(
        `${name}, by two instances`,
        () => verify(inTurns(stores.oauthConsents, others.oauthConsents)),
        20_000,
      );
    }
  });

  describe('the store of signing keys', () => {
    for (const { name, verify } of signingKeyStoreContract)
      it(name, () => verify(stores.signingKeys), 20_000);
  });

  describe('what was used once', () => {
    for (const { name, verify } of replaySetContract) it(name, () => verify(stores.replays), 20_000);

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
});
