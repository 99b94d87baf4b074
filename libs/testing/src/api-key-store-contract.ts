import type { ApiKeyStore } from '@portcullis/auth';
import { apiKeyChangesContract } from './api-key-changes-contract.js';
import { apiKeyKeepingContract } from './api-key-keeping-contract.js';
import { apiKeyListingContract } from './api-key-listing-contract.js';
import { apiKeyReplacementContract } from './api-key-replacement-contract.js';
import { apiKeyRevocationContract } from './api-key-revocation-contract.js';
import { apiKeyUsesContract } from './api-key-uses-contract.js';
import type { StoreContract } from './store-contract.js';

/** What every {@link ApiKeyStore} promises. */
export const apiKeyStoreContract: StoreContract<ApiKeyStore> = [
  ...apiKeyKeepingContract,
  ...apiKeyListingContract,
  ...apiKeyRevocationContract,
  ...apiKeyChangesContract,
  ...apiKeyReplacementContract,
  ...apiKeyUsesContract,
];
