import {
  MemoryAccountLinkStore,
  MemoryApiKeyStore,
  MemoryAuditStore,
  MemoryBanStore,
  MemoryFactorStore,
  MemoryLoginTicketStore,
  MemoryOAuthArtifactStore,
  MemoryOAuthClientStore,
  MemoryOAuthConsentStore,
  MemoryReplaySet,
  MemoryRevocationStore,
  MemorySessionStore,
  MemorySharedAddressStore,
  MemorySigningKeyStore,
} from '@portcullis/auth';
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
} from './index.js';

/** Promises that the memory stores do not keep yet. Delete a line when its store keeps it: its test then says so. */
const OWED: readonly string[] = [];

function keeps<Store>(Type: new () => Store, contract: StoreContract<Store>): void {
  describe(Type.name, () => {
    for (const { name, verify } of contract) {
      const test = OWED.includes(`${Type.name} ${name}`) ? it.failing : it;
      test(name, () => verify(new Type()));
    }
  });
}

keeps(MemoryAccountLinkStore, accountLinkStoreContract);
keeps(MemoryApiKeyStore, apiKeyStoreContract);
keeps(MemoryAuditStore, auditStoreContract);
keeps(MemoryBanStore, banStoreContract);
keeps(MemoryFactorStore, factorStoreContract);
keeps(MemoryLoginTicketStore, loginTicketStoreContract);
keeps(MemoryOAuthArtifactStore, oauthArtifactStoreContract);
keeps(MemoryOAuthClientStore, oauthClientStoreContract);
keeps(MemoryOAuthConsentStore, oauthConsentStoreContract);
keeps(MemoryReplaySet, replaySetContract);
keeps(MemoryRevocationStore, revocationStoreContract);
keeps(MemorySessionStore, sessionStoreContract);
keeps(MemorySharedAddressStore, sharedAddressStoreContract);
keeps(MemorySigningKeyStore, signingKeyStoreContract);
