import { MemoryApiKeyStore, MemoryBanStore, MemoryRevocationStore } from '@portcullis/auth';
import {
  apiKeyStoreContract,
  banStoreContract,
  revocationStoreContract,
  type StoreContract,
} from './index.js';

/** Promises that the memory stores do not keep yet. Delete a line when its store keeps it: its test then says so. */
const OWED: readonly string[] = [
  'MemoryApiKeyStore lists the newest first, in whatever order they were inserted',
  'MemoryApiKeyStore gives and takes copies: what callers do to their objects does not reach it',
  'MemoryBanStore gives and takes copies: what callers do to their objects does not reach it',
  'MemoryRevocationStore gives and takes copies: what callers do to their objects does not reach it',
];

function keeps<Store>(Type: new () => Store, contract: StoreContract<Store>): void {
  describe(Type.name, () => {
    for (const { name, verify } of contract) {
      const test = OWED.includes(`${Type.name} ${name}`) ? it.failing : it;
      test(name, () => verify(new Type()));
    }
  });
}

keeps(MemoryApiKeyStore, apiKeyStoreContract);
keeps(MemoryBanStore, banStoreContract);
keeps(MemoryRevocationStore, revocationStoreContract);
