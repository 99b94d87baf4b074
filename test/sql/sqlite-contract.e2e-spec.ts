import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqlStores } from '@portcullis/sql';
import { sqlite } from '@portcullis/sql/sqlite';
import {
  accountLinkStoreContract,
  apiKeyStoreContract,
  auditStoreContract,
  banStoreContract,
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
import { inTurns } from '../support/in-turns.js';
import { noteSqlite } from '../support/tested-engine.js';

let folder: string;
let stores: SqlStores;
let others: SqlStores;
beforeAll(noteSqlite);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-sql-'));
  const open = () => sqlite({ file: join(folder, 'store.db') }).open();
  [stores, others] = [open(), open()];
});
afterEach(async () => {
  await Promise.all([stores.close(), others.close()]);
  rmSync(folder, { recursive: true });
});

describe('the store of bans in SQLite', () => {
  for (const { name, verify } of banStoreContract) it(name, () => verify(stores.bans));
});

describe('the store of API keys in SQLite', () => {
  for (const { name, verify } of apiKeyStoreContract) it(name, () => verify(stores.apiKeys));
});

describe('the audit log in SQLite', () => {
  for (const { name, verify } of auditStoreContract) it(name, () => verify(stores.audit));
});

describe('the store of revocations in SQLite', () => {
  for (const { name, verify } of revocationStoreContract) it(name, () => verify(stores.revocations));
});

describe('the store of sessions in SQLite', () => {
  for (const { name, verify } of sessionStoreContract) it(name, () => verify(stores.sessions), 20_000);
});

describe('the store of factors in SQLite', () => {
  for (const { name, verify } of factorStoreContract) {
    it(name, () => verify(stores.factors), 20_000);
    it(`${name}, by two instances`, () => verify(inTurns(stores.factors, others.factors)), 20_000);
  }
});

describe('the store of login tickets in SQLite', () => {
  for (const { name, verify } of loginTicketStoreContract) {
    it(name, () => verify(stores.loginTickets), 20_000);
    it(`${name}, by two instances`, () => verify(inTurns(stores.loginTickets, others.loginTickets)), 20_000);
  }
});

describe('the store of what an authorization server gives out in SQLite', () => {
  for (const { name, verify } of oauthArtifactStoreContract) {
    it(name, () => verify(stores.oauthArtifacts), 20_000);
    it(
      `${name}, by two instances`,
      () => verify(inTurns(stores.oauthArtifacts, others.oauthArtifacts)),
      20_000,
    );
  }
});

describe('the store of OAuth clients in SQLite', () => {
  for (const { name, verify } of oauthClientStoreContract) {
    it(name, () => verify(stores.oauthClients), 20_000);
    it(`${name}, by two instances`, () => verify(inTurns(stores.oauthClients, others.oauthClients)), 20_000);
  }
});

describe('the store of account links in SQLite', () => {
  for (const { name, verify } of accountLinkStoreContract) {
    it(name, () => verify(stores.accountLinks), 20_000);
    it(`${name}, by two instances`, () => verify(inTurns(stores.accountLinks, others.accountLinks)), 20_000);
  }
});

describe('the store of consents in SQLite', () => {
  for (const { name, verify } of oauthConsentStoreContract) {
    it(name, () => verify(stores.oauthConsents), 20_000);
    it(
      `${name}, by two instances`,
      () => verify(inTurns(stores.oauthConsents, others.oauthConsents)),
      20_000,
    );
  }
});

describe('the store of signing keys in SQLite', () => {
  for (const { name, verify } of signingKeyStoreContract) it(name, () => verify(stores.signingKeys));
});

describe('what was used once, in SQLite', () => {
  for (const { name, verify } of replaySetContract) it(name, () => verify(stores.replays), 20_000);
});
