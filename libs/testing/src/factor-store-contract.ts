import type { FactorStore } from '@portcullis/auth';
import { factorCodesContract } from './factor-codes-contract.js';
import { factorDataContract } from './factor-data-contract.js';
import { factorKeepingContract } from './factor-keeping-contract.js';
import { factorRemovalContract } from './factor-removal-contract.js';
import { factorTriesContract } from './factor-tries-contract.js';
import { factorUseContract } from './factor-use-contract.js';
import type { StoreContract } from './store-contract.js';

/** What every {@link FactorStore} promises. */
export const factorStoreContract: StoreContract<FactorStore> = [
  ...factorKeepingContract,
  ...factorDataContract,
  ...factorUseContract,
  ...factorCodesContract,
  ...factorTriesContract,
  ...factorRemovalContract,
];
