import type { SqlStores } from '@portcullis/sql';
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
  type StoreContract,
  sessionStoreContract,
  sharedAddressStoreContract,
  signingKeyStoreContract,
} from '@portcullis/testing';
import { inTurns } from '../support/in-turns.js';

/**
 * That stores keep their contracts; and those in which something happens once, also where two instances are asked in turn.
 *
 * @param engine as titles name it
 * @param stores what two instances have opened, empty for each test
 */
export function describeStoreContracts(
  engine: string,
  stores: () => { readonly one: SqlStores; readonly other: SqlStores },
): void {
  function kept<T>(title: string, contract: StoreContract<T>, storeOf: (stores: SqlStores) => T): void {
    describe(`${title} in ${engine}`, () => {
      for (const { name, verify } of contract) it(name, () => verify(storeOf(stores().one)), 20_000);
    });
  }
  function keptByTwo<T extends object>(
    title: string,
    contract: StoreContract<T>,
    storeOf: (stores: SqlStores) => T,
  ): void {
    describe(`${title} in ${engine}`, () => {
      for (const { name, verify } of contract) {
        it(name, () => verify(storeOf(stores().one)), 20_000);
        const both = () => inTurns(storeOf(stores().one), storeOf(stores().other));
        it(`${name}, by two instances`, () => verify(both()), 20_000);
      }
    });
  }
  kept('the store of bans', banStoreContract, ({ bans }) => bans);
  kept('the store of API keys', apiKeyStoreContract, ({ apiKeys }) => apiKeys);
  kept('the audit log', auditStoreContract, ({ audit }) => audit);
  kept('the store of revocations', revocationStoreContract, ({ revocations }) => revocations);
  kept('the store of sessions', sessionStoreContract, ({ sessions }) => sessions);
  keptByTwo('the store of factors', factorStoreContract, ({ factors }) => factors);
  keptByTwo('the store of login tickets', loginTicketStoreContract, ({ loginTickets }) => loginTickets);
  keptByTwo(
    'the store of what an authorization server gives out',
    oauthArtifactStoreContract,
    ({ oauthArtifacts }) => oauthArtifacts,
  );
  keptByTwo('the store of OAuth clients', oauthClientStoreContract, ({ oauthClients }) => oauthClients);
  keptByTwo('the store of account links', accountLinkStoreContract, ({ accountLinks }) => accountLinks);
  keptByTwo('the store of consents', oauthConsentStoreContract, ({ oauthConsents }) => oauthConsents);
  kept('the store of shared addresses', sharedAddressStoreContract, ({ sharedAddresses }) => sharedAddresses);
  kept('the store of signing keys', signingKeyStoreContract, ({ signingKeys }) => signingKeys);
  kept('what was used once', replaySetContract, ({ replays }) => replays);
}
